/** Where events of the project go. For its admins: an address may have a secret in it. */
import type { Webhook, WebhookWithSecret } from '@citrus/contracts';
import { useSignal } from '@preact/signals';
import { post, remove } from '../api/client.ts';
import { useResource } from '../live/resource.ts';
import { busy, useAction } from '../ui/action.ts';
import { Ago } from '../ui/ago.tsx';
import { Badge } from '../ui/badge.tsx';
import { Confirm } from '../ui/confirm.tsx';
import { Icon } from '../ui/icon.tsx';
import { Empty, Page, Panel } from '../ui/page.tsx';
import { ProblemNote } from '../ui/problem-note.tsx';
import { Deliveries } from './deliveries.tsx';
import { SecretShown, WebhookForm } from './webhook-form.tsx';
import { words as t } from './words.ts';

type Asking = { readonly what: 'change' | 'rotate' | 'remove'; readonly webhook: Webhook };
type Done = () => Promise<void>;

/** Deliveries change the counts, and no event tells of them. */
const READ_AGAIN_MS = 5000;

const nameOf = ({ url, description }: Webhook): string => description || new URL(url).host;

const State = ({ webhook }: { webhook: Webhook }) => {
  if (webhook.status === 'paused') return <Badge tone={webhook.pausedReason ? 'bad' : 'quiet'}>{t.paused}</Badge>;
  return webhook.failingSince ? <Badge tone="warn">{t.failing}</Badge> : <Badge tone="good">{t.active}</Badge>;
};

const Facts = ({ webhook }: { webhook: Webhook }) => (
  <>
    <p class="fine webhook-url mono">{webhook.url}</p>
    <p class="fine">
      {webhook.types.includes('*') ? t.all : webhook.types.join(', ')} · {t.waiting(webhook.waiting)} · {t.failed(webhook.failed)} ·{' '}
      {webhook.lastDeliveredAt ? <>{t.delivered} <Ago at={webhook.lastDeliveredAt} /></> : t.neverDelivered}
      {webhook.failingSince && <> · {t.since} <Ago at={webhook.failingSince} /></>}
    </p>
    {webhook.pausedReason && <p class="field-problem"><Icon name="warning" />{webhook.pausedReason}</p>}
  </>
);

const Actions = ({ webhook, onAsk, onDone, onShow }: { webhook: Webhook; onAsk: (asking: Asking) => void; onDone: Done; onShow: () => void }) => {
  const acting = useAction();
  const name = nameOf(webhook);
  const send = (path: string, then?: () => void) => (): void => void acting.run(async () => {
    await post(`/api/webhooks/${webhook.id}/${path}`);
    await onDone();
    then?.();
  });
  const isPaused = webhook.status === 'paused';
  return (
    <>
      <div class="app-actions">
        <button type="button" class="small" {...busy(acting.isBusy.value)} aria-label={t.pingOf(name)} onClick={send('ping', onShow)}>{t.ping}</button>
        <button type="button" class="small" {...busy(acting.isBusy.value)} aria-label={isPaused ? t.resumeOf(name) : t.pauseOf(name)} onClick={send(isPaused ? 'resume' : 'pause')}>{isPaused ? t.resume : t.pause}</button>
        <button type="button" class="small plain" aria-label={t.changeOf(name)} onClick={() => onAsk({ what: 'change', webhook })}>{t.change}</button>
        <button type="button" class="small plain" aria-label={t.rotateOf(name)} onClick={() => onAsk({ what: 'rotate', webhook })}>{t.rotate}</button>
        <button type="button" class="small plain" aria-label={t.removeOf(name)} onClick={() => onAsk({ what: 'remove', webhook })}>{t.remove}</button>
      </div>
      <ProblemNote problem={acting.problem.value} />
    </>
  );
};

const Row = ({ webhook, onAsk, onDone }: { webhook: Webhook; onAsk: (asking: Asking) => void; onDone: Done }) => {
  const isOpen = useSignal(false);
  const name = nameOf(webhook);
  return (
    <li>
      <div class="row webhook">
        <div class="row-text"><p><strong>{name}</strong> <State webhook={webhook} /></p><Facts webhook={webhook} /></div>
        <Actions webhook={webhook} onAsk={onAsk} onDone={onDone} onShow={() => { isOpen.value = true; }} />
      </div>
      <div class="webhook-more">
      <button type="button" class="small" aria-expanded={isOpen.value} aria-label={isOpen.value ? t.hideOf(name) : t.deliveriesOf(name)} onClick={() => { isOpen.value = !isOpen.value; }}>{isOpen.value ? t.hide : t.deliveries}</button>
      {isOpen.value && <Deliveries webhook={webhook} onDone={onDone} />}
      </div>
    </li>
  );
};

const Answer = ({ asking: { what, webhook }, onDone, onClose }: { asking: Asking; onDone: Done; onClose: () => void }) => {
  const made = useSignal<WebhookWithSecret | undefined>(undefined);
  if (what === 'change') return <WebhookForm webhook={webhook} onDone={onDone} onClose={onClose} />;
  if (made.value) return <SecretShown title={t.rotated} webhook={made.value} note={t.rotatedMeans} onClose={onClose} />;
  if (what === 'rotate') {
    const rotate = async (): Promise<void> => {
      made.value = await post<WebhookWithSecret>(`/api/webhooks/${webhook.id}/rotate`);
      await onDone();
    };
    // It stays open until the secret was seen.
    return <Confirm title={t.rotateTitle} submit={t.rotate} isDanger={false} onConfirm={rotate} onClose={() => { if (!made.value) onClose(); }}><p>{t.rotatedMeans}</p></Confirm>;
  }
  const erase = async (): Promise<void> => {
    await remove(`/api/webhooks/${webhook.id}`);
    await onDone();
  };
  return <Confirm title={t.removeTitle} submit={t.remove} onConfirm={erase} onClose={onClose}><p>{t.removeMeans}</p></Confirm>;
};

export const WebhooksRoom = () => {
  const webhooks = useResource<{ items: Webhook[] }>('/api/webhooks', { touchedBy: ({ stream }) => stream.startsWith('webhook-'), everyMs: READ_AGAIN_MS });
  const [isAdding, asking] = [useSignal(false), useSignal<Asking | undefined>(undefined)];
  const list = webhooks.data.value?.items;
  const add = <button type="button" class="small" onClick={() => { isAdding.value = true; }}><Icon name="plus" />{t.add}</button>;
  return (
    <Page title={t.title}>
      <div class="column">
        <Panel title={t.title} aside={add}>
          {!list && <ProblemNote problem={webhooks.problem.value} onRetry={() => void webhooks.refresh()} />}
          {list?.length === 0 && <Empty title={t.none}><p>{t.noneHint}</p></Empty>}
          {list && list.length > 0 && <ul class="rows">{list.map((webhook) => <Row key={webhook.id} webhook={webhook} onAsk={(wish) => { asking.value = wish; }} onDone={webhooks.refresh} />)}</ul>}
        </Panel>
        {isAdding.value && <WebhookForm onDone={webhooks.refresh} onClose={() => { isAdding.value = false; }} />}
        {asking.value && <Answer asking={asking.value} onDone={webhooks.refresh} onClose={() => { asking.value = undefined; }} />}
      </div>
    </Page>
  );
};
