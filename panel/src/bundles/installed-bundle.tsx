/** How a bundle stands: each of its apps, what it hands on, and what can be done. */
import type { InstalledBundle } from '@citrus/contracts';
import { useSignal } from '@preact/signals';
import { Link } from 'wouter-preact';
import { newKey, post } from '../api/client.ts';
import { isUnknown } from '../api/problem.ts';
import type { LiveServer, Page as PageOf } from '../api/types.ts';
import { useResource } from '../live/resource.ts';
import { may } from '../session/rights.ts';
import { strings } from '../strings.ts';
import { useAction } from '../ui/action.ts';
import { Slice } from '../ui/icon.tsx';
import { Empty, Page, Panel } from '../ui/page.tsx';
import { ProblemNote } from '../ui/problem-note.tsx';
import { AppBadge, BundleBadge, isOver, touchedBy } from './looks.tsx';
import { words as t } from './words.ts';

const CRUMBS = [{ text: t.title, href: '/bundles' }];

const Apps = ({ bundle, servers }: { bundle: InstalledBundle; servers: readonly LiveServer[] }) => (
  <div class="table-shell">
    <table>
      <caption class="unseen">{t.apps}</caption>
      <thead><tr><th scope="col">{t.app}</th><th scope="col">{t.state}</th><th scope="col">{t.on}</th><th scope="col" class="phone-off">{t.handsOn}</th><th scope="col">{t.why}</th></tr></thead>
      <tbody>
        {bundle.apps.map((each) => (
          <tr key={each.app}>
            <th scope="row">{each.how === 'install' && each.workId ? <Link href={`/jobs/${each.workId}`}>{each.app}</Link> : each.app} <span class="fine">{each.installer} {each.installerVersion}</span></th>
            <td><AppBadge status={each.status} /></td>
            <td><Link href={`/servers/${each.serverId}`}>{servers.find(({ id }) => id === each.serverId)?.name ?? each.serverId.slice(0, 8)}</Link></td>
            <td class="phone-off mono">{Object.entries(each.outputs).map(([name, value]) => `${name}=${value}`).join(' ')}</td>
            <td>{each.reason}</td>
          </tr>
        ))}
      </tbody>
    </table>
  </div>
);

const Steps = ({ bundle, onDone }: { bundle: InstalledBundle; onDone: () => Promise<void> }) => {
  const acting = useAction();
  const [asks, without] = [useSignal(false), useSignal(false)];
  const send = (verb: string, body?: object): void => void acting.run(async () => {
    await post(`/api/installed-bundles/${bundle.id}/${verb}`, body, newKey());
    asks.value = false;
    await onDone();
  });
  return (
    <>
      <ProblemNote problem={acting.problem.value} />
      {!isOver(bundle) && bundle.status !== 'cancelling' && <button type="button" onClick={() => send('cancel')}>{t.cancel}</button>}
      {(bundle.status === 'failed' || bundle.status === 'cancelled') && <button type="button" class="primary" aria-busy={acting.isBusy.value} onClick={() => send('retry')}>{t.retry}</button>}
      {isOver(bundle) && bundle.status !== 'removed' && !asks.value && <button type="button" onClick={() => { asks.value = true; }}>{t.uninstall}…</button>}
      {asks.value && (
        <Panel title={t.uninstallTitle}>
          <p>{t.uninstallMeans}</p>
          <label class="tick"><input type="checkbox" checked={without.value} onChange={(event) => { without.value = event.currentTarget.checked; }} />{t.withoutBackup}</label>
          <button type="button" class="danger" aria-busy={acting.isBusy.value} onClick={() => send('uninstall', { withoutBackup: without.value })}>{t.uninstall}</button>
        </Panel>
      )}
    </>
  );
};

export const InstalledBundleRoom = ({ id }: { id: string }) => {
  const found = useResource<InstalledBundle>(`/api/installed-bundles/${id}`, { touchedBy });
  const servers = useResource<PageOf<LiveServer>>('/api/servers?limit=200');
  const bundle = found.data.value;
  if (!bundle) {
    const problem = found.problem.value;
    return <Page title={problem && isUnknown(problem) ? t.unknown : strings.shell.loading} crumbs={CRUMBS}>{problem ? (isUnknown(problem) ? <Empty title={t.unknownHint} /> : <ProblemNote problem={problem} onRetry={() => void found.refresh()} />) : <p class="loading"><Slice turning /></p>}</Page>;
  }
  return (
    <Page title={bundle.bundle} crumbs={CRUMBS}>
      <p><BundleBadge status={bundle.status} /> <span class="fine">{bundle.version} · {t.attempt(bundle.attempt)}</span></p>
      {bundle.reason && <p>{bundle.reason}</p>}
      <Apps bundle={bundle} servers={servers.data.value?.items ?? []} />
      {may('operator') && <Steps bundle={bundle} onDone={found.refresh} />}
    </Page>
  );
};
