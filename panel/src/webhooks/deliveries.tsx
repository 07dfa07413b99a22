/** What was sent to one webhook and what became of it. No event tells it, so it is read again every few seconds. */
import type { Webhook, WebhookDelivery, WebhookDeliveryWithBody } from '@citrus/contracts';
import { useSignal } from '@preact/signals';
import { get, post } from '../api/client.ts';
import { busy, useAction } from '../ui/action.ts';
import { Ago } from '../ui/ago.tsx';
import { Badge, type Tone } from '../ui/badge.tsx';
import { Empty } from '../ui/page.tsx';
import { More, usePages } from '../ui/pages.tsx';
import { ProblemNote } from '../ui/problem-note.tsx';
import { words as t } from './words.ts';

const READ_AGAIN_MS = 2000;
const TONES: Record<WebhookDelivery['status'], Tone> = { waiting: 'busy', delivered: 'good', failed: 'bad' };

/** Kept for two weeks, and longer than that nothing is there to be sent again. */
const LONG_AGO = '2000-01-01T00:00:00.000Z';

const Details = ({ delivery }: { delivery: WebhookDelivery }) => {
  const [reading, body] = [useAction(), useSignal<string | undefined>(undefined)];
  const read = (event: Event): void => {
    if (!(event.currentTarget as HTMLDetailsElement).open || body.value !== undefined) return;
    void reading.run(async () => { body.value = (await get<WebhookDeliveryWithBody>(`/api/webhooks/${delivery.webhookId}/deliveries/${delivery.id}`)).body; });
  };
  return (
    <details class="webhook-details" onToggle={read}>
      <summary>{t.details}</summary>
      <p class="fine">{t.answer}{delivery.answerStatus !== null && ` ${delivery.answerStatus}`}</p>
      {delivery.answerText ? <pre class="mono webhook-text" tabIndex={0} aria-label={t.answer}>{delivery.answerText}</pre> : <p class="fine">{t.noAnswer}</p>}
      <p class="fine">{t.body}</p>
      <ProblemNote problem={reading.problem.value} />
      {body.value !== undefined && <pre class="mono webhook-text" tabIndex={0} aria-label={t.body}>{body.value}</pre>}
    </details>
  );
};

const Row = ({ delivery, isPaused, onDone }: { delivery: WebhookDelivery; isPaused: boolean; onDone: () => Promise<void> }) => {
  const acting = useAction();
  const again = (): void => void acting.run(async () => {
    await post(`/api/webhooks/${delivery.webhookId}/deliveries/${delivery.id}/redeliver`);
    await onDone();
  });
  return (
    <li>
      <div class="row">
        <div class="row-text">
          <p><strong class="mono">{delivery.type}</strong> <Badge tone={TONES[delivery.status]}>{t.status[delivery.status]}</Badge></p>
          <p class="fine">
            <Ago at={delivery.occurredAt} /> · {t.tries(delivery.attempts)}{delivery.durationMs !== null && ` · ${delivery.durationMs} ms`}
            {delivery.status === 'waiting' && delivery.nextAttemptAt && <> · {t.next} <Ago at={delivery.nextAttemptAt} /></>}
          </p>
          {delivery.problem && <p class="field-problem">{delivery.problem}</p>}
        </div>
        <div class="app-actions"><button type="button" class="small plain" disabled={isPaused} {...busy(acting.isBusy.value)} aria-label={t.againOf(delivery.type)} onClick={again}>{t.again}</button></div>
      </div>
      {delivery.attempts > 0 && <Details delivery={delivery} />}
      <ProblemNote problem={acting.problem.value} />
    </li>
  );
};

export const Deliveries = ({ webhook, onDone }: { webhook: Webhook; onDone: () => Promise<void> }) => {
  const pages = usePages<WebhookDelivery>(`/api/webhooks/${webhook.id}/deliveries?limit=20`, { everyMs: READ_AGAIN_MS });
  const acting = useAction();
  const isPaused = webhook.status === 'paused';
  const done = async (): Promise<void> => { await Promise.all([pages.refresh(), onDone()]); };
  const againFailed = (): void => void acting.run(async () => {
    await post(`/api/webhooks/${webhook.id}/redeliver`, { since: LONG_AGO });
    await done();
  });
  if (!pages.items) return <ProblemNote problem={pages.problem} />;
  if (pages.items.length === 0) return <Empty title={t.noDeliveries}><p class="fine">{t.noDeliveriesHint}</p></Empty>;
  return (
    <section aria-label={t.deliveriesOf(new URL(webhook.url).host)}>
      {webhook.failed > 0 && !isPaused && <p><button type="button" class="small" {...busy(acting.isBusy.value)} onClick={againFailed}>{t.againFailed}</button></p>}
      <ProblemNote problem={acting.problem.value} />
      <ul class="rows">{pages.items.map((delivery) => <Row key={delivery.id} delivery={delivery} isPaused={isPaused} onDone={done} />)}</ul>
      <More more={pages.more} text={t.more} />
    </section>
  );
};
