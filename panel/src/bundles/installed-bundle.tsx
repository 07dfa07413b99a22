/** How a bundle stands: each of its apps, what it hands on, and what can be done. */
import type { InstalledBundle, InstalledBundleApp } from '@citrus/contracts';
import { useSignal } from '@preact/signals';
import { Link } from 'wouter-preact';
import { newKey, post } from '../api/client.ts';
import { isUnknown } from '../api/problem.ts';
import type { LiveServer, Page as PageOf } from '../api/types.ts';
import { useResource } from '../live/resource.ts';
import { may } from '../session/rights.ts';
import { strings } from '../strings.ts';
import { busy, useAction } from '../ui/action.ts';
import { Ago } from '../ui/ago.tsx';
import { Confirm } from '../ui/confirm.tsx';
import { Icon, Slice } from '../ui/icon.tsx';
import { LinkedText } from '../ui/linked-text.tsx';
import { Empty, Page, Panel } from '../ui/page.tsx';
import { ProblemNote } from '../ui/problem-note.tsx';
import { formatExact } from '../ui/time.ts';
import type { Bundles } from './bundles.tsx';
import { AppBadge, BundleBadge, isOver, touchedBy } from './looks.tsx';
import { words as t } from './words.ts';

const CRUMBS = [{ text: t.title, href: '/bundles' }];

type AppProps = { each: InstalledBundleApp; server: LiveServer | undefined };

const AppRow = ({ each, server }: AppProps) => (
  <li class="app">
    <span class="app-letter" aria-hidden="true">{each.app.slice(0, 1).toUpperCase()}</span>
    <div class="app-text">
      <p><strong>{each.app}</strong> <AppBadge status={each.status} /></p>
      {each.reason && <p>{each.reason}{each.waitsUntil && ` ${t.until(formatExact(each.waitsUntil))}`}</p>}
      <p class="fine">
        {each.installer} {each.installerVersion} · {t.on} <Link href={`/servers/${each.serverId}`}>{server?.name ?? each.serverId.slice(0, 8)}</Link>
        {each.how === 'install' && each.workId && <> · <Link href={`/jobs/${each.workId}`}>{t.itsJob}</Link></>}
      </p>
      {each.status !== 'removed' && Object.entries(each.outputs).map(([name, value]) => <p key={name} class="fine breaks"><span class="mono">{name}</span>: <LinkedText text={value} /></p>)}
    </div>
  </li>
);

const Uninstall = ({ onConfirm, onClose }: { onConfirm: (withoutBackup: boolean) => Promise<void>; onClose: () => void }) => {
  const without = useSignal(false);
  return (
    <Confirm title={t.uninstallTitle} submit={t.uninstall} onConfirm={() => onConfirm(without.value)} onClose={onClose}>
      <p>{t.uninstallMeans}</p>
      <label class="tick"><input type="checkbox" checked={without.value} onChange={(event) => { without.value = event.currentTarget.checked; }} />{t.withoutBackup}</label>
    </Confirm>
  );
};

const Steps = ({ bundle, onDone }: { bundle: InstalledBundle; onDone: () => Promise<void> }) => {
  const acting = useAction();
  const asks = useSignal(false);
  const ask = async (verb: string, body?: object): Promise<void> => {
    await post(`/api/installed-bundles/${bundle.id}/${verb}`, body, newKey());
    await onDone();
  };
  const send = (verb: string): void => void acting.run(() => ask(verb));
  const isBusy = acting.isBusy.value;
  return (
    <>
      {!isOver(bundle) && <button type="button" disabled={bundle.status === 'cancelling'} {...busy(isBusy)} onClick={() => send('cancel')}>{t.cancel}</button>}
      {isOver(bundle) && bundle.status !== 'removed' && <button type="button" class="danger" onClick={() => { asks.value = true; }}>{t.uninstall}</button>}
      {(bundle.status === 'failed' || bundle.status === 'cancelled') && <button type="button" class="primary" {...busy(isBusy)} onClick={() => send('retry')}>{t.retry}</button>}
      <ProblemNote problem={acting.problem.value} />
      {asks.value && <Uninstall onConfirm={(withoutBackup) => ask('uninstall', { withoutBackup })} onClose={() => { asks.value = false; }} />}
    </>
  );
};

const State = ({ bundle }: { bundle: InstalledBundle }) => (
  <>
    <BundleBadge status={bundle.status} />
    <span class="fine">{bundle.version}{bundle.attempt > 1 && ` · ${t.attempt(bundle.attempt)}`} · <Ago at={bundle.createdAt} /></span>
  </>
);

export const InstalledBundleRoom = ({ id }: { id: string }) => {
  const found = useResource<InstalledBundle>(`/api/installed-bundles/${id}`, { touchedBy });
  const servers = useResource<PageOf<LiveServer>>('/api/servers?limit=200');
  const catalogue = useResource<Bundles>('/api/bundles').data.value;
  const bundle = found.data.value;
  if (!bundle) {
    const problem = found.problem.value;
    return <Page title={problem && isUnknown(problem) ? t.unknown : strings.shell.loading} crumbs={CRUMBS}>{problem ? (isUnknown(problem) ? <Empty title={t.unknownHint} /> : <ProblemNote problem={problem} onRetry={() => void found.refresh()} />) : <p class="loading"><Slice turning /></p>}</Page>;
  }
  return (
    <Page title={catalogue?.items.find((each) => each.id === bundle.bundle)?.name ?? bundle.bundle} crumbs={CRUMBS} beside={<State bundle={bundle} />} actions={may('operator') && <Steps bundle={bundle} onDone={found.refresh} />}>
      <div class="column">
        {bundle.reason && <div class={bundle.status === 'failed' ? 'note bad' : 'note warn'}><Icon name="warning" /><p>{bundle.reason}</p></div>}
        <Panel title={t.apps}><ul class="apps">{bundle.apps.map((each) => <AppRow key={each.app} each={each} server={servers.data.value?.items.find(({ id }) => id === each.serverId)} />)}</ul></Panel>
      </div>
    </Page>
  );
};
