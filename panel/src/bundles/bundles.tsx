/** Bundles: which there are, which are on servers, installing one, and how one stands. */
import type { AppBundle, InstalledBundle, RefusedInstaller } from '@citrus/contracts';
import { Link, Route, Switch } from 'wouter-preact';
import type { Page as PageOf } from '../api/types.ts';
import { useResource } from '../live/resource.ts';
import { Ago } from '../ui/ago.tsx';
import { Icon, Slice } from '../ui/icon.tsx';
import { Empty, Page, Panel } from '../ui/page.tsx';
import { ProblemNote } from '../ui/problem-note.tsx';
import { InstalledBundleRoom } from './installed-bundle.tsx';
import { BundleBadge, touchedBy } from './looks.tsx';
import { NewBundle } from './new-bundle.tsx';
import { words as t } from './words.ts';

export type Bundles = { readonly items: AppBundle[]; readonly refused: RefusedInstaller[] };

/** Of the word that counts: many are called “A …”. */
const letterOf = (name: string): string => name.replace(/^(?:an?|the) /i, '').slice(0, 1).toUpperCase();

const Card = ({ bundle }: { bundle: AppBundle }) => (
  <li class="card">
    <span class="app-letter" aria-hidden="true">{letterOf(bundle.name)}</span>
    <div>
      <h2><Link href={`/bundles/new/${bundle.id}`}>{bundle.name}</Link></h2>
      <p>{bundle.description}</p>
      <p class="fine">{bundle.version} · {bundle.category}</p>
      <ul class="card-facts"><li>{t.order(bundle.order)}</li><li>{t.onServers(bundle.servers.length)}</li></ul>
    </div>
  </li>
);

const Refused = ({ items }: { items: readonly RefusedInstaller[] }) => (
  <details class="note warn refused">
    <summary><Icon name="warning" />{t.refused(items.length)}</summary>
    <ul>{items.map(({ folder, file, line, reason }) => <li key={`${folder}${line}${reason}`}><span class="mono">{folder}/{file}{line === null ? '' : `:${line}`}</span> {reason}</li>)}</ul>
  </details>
);

const Installed = ({ items, nameOf }: { items: readonly InstalledBundle[]; nameOf: (bundle: string) => string }) => (
  <Panel title={t.installed}>
    {items.length === 0 && <Empty title={t.noneInstalled}><p>{t.noneInstalledHint}</p></Empty>}
    {items.length > 0 && (
      <div class="table-shell">
        <table>
          <caption class="unseen">{t.installed}</caption>
          <thead><tr><th scope="col">{t.bundle}</th><th scope="col">{t.state}</th><th scope="col" class="phone-off">{t.apps}</th><th scope="col" class="number">{t.begun}</th></tr></thead>
          <tbody>
            {items.map((each) => (
              <tr class="row-link" key={each.id}>
                <th scope="row"><Link href={`/bundles/${each.id}`}>{nameOf(each.bundle)}</Link></th>
                <td><BundleBadge status={each.status} /></td>
                <td class="phone-off">{t.order(each.apps.map(({ app }) => app))}</td>
                <td class="number fine nowrap"><Ago at={each.createdAt} /></td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    )}
  </Panel>
);

const List = () => {
  const bundles = useResource<Bundles>('/api/bundles');
  const installed = useResource<PageOf<InstalledBundle>>('/api/installed-bundles?limit=200', { touchedBy });
  const [all, problem] = [bundles.data.value, bundles.problem.value ?? installed.problem.value];
  const stand = installed.data.value?.items;
  return (
    <Page title={t.title}>
      {problem && <ProblemNote problem={problem} onRetry={() => void bundles.refresh()} />}
      {!all && !problem && <p class="loading"><Slice turning /></p>}
      {all?.items.length === 0 && <Empty title={t.none}><p>{t.noneHint}</p></Empty>}
      {all && (
        <div class="column">
          {all.items.length > 0 && <ul class="cards">{all.items.map((bundle) => <Card key={bundle.id} bundle={bundle} />)}</ul>}
          {all.refused.length > 0 && <Refused items={all.refused} />}
          {stand && (all.items.length > 0 || stand.length > 0) && <Installed items={stand} nameOf={(wanted) => all.items.find(({ id }) => id === wanted)?.name ?? wanted} />}
        </div>
      )}
    </Page>
  );
};

export const BundlesRoom = () => (
  <Switch>
    <Route path="/bundles/new/:bundleId">{({ bundleId }) => <NewBundle key={bundleId} bundleId={bundleId} />}</Route>
    <Route path="/bundles/:id">{({ id }) => <InstalledBundleRoom key={id} id={id} />}</Route>
    <Route><List /></Route>
  </Switch>
);
