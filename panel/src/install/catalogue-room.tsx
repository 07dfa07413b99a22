/** What can be installed on a server: by kind and by words, each with its figures, whether it is there, and why it cannot be. */
import { useSignal } from '@preact/signals';
import { Link } from 'wouter-preact';
import type { App, Catalogue, Installer, Page as PageOf, RefusedInstaller } from '../api/types.ts';
import { words as bundles } from '../bundles/words.ts';
import { useResource } from '../live/resource.ts';
import { machineOf, useAgents } from '../servers/machine.ts';
import { TO_SERVERS, useServer } from '../servers/use-server.ts';
import { strings } from '../strings.ts';
import { Badge } from '../ui/badge.tsx';
import { Icon } from '../ui/icon.tsx';
import { Empty, Page } from '../ui/page.tsx';
import { ProblemNote } from '../ui/problem-note.tsx';
import { Search } from '../ui/search.tsx';
import { categoriesOf, searchCatalogue } from './catalogue.ts';
import { figuresOf } from './facts.tsx';
import { obstacleOf, type Obstacle } from './requirements.ts';
import { Sources } from './sources.tsx';
import { installWords as w } from './words.ts';

const t = strings.catalogue;

type CardProps = { readonly installer: Installer; readonly serverId: string; readonly obstacle: Obstacle | undefined; readonly installed: App | undefined };

const Card = ({ installer, serverId, obstacle, installed }: CardProps) => (
  <li class="card">
    <span class="app-letter" aria-hidden="true">{installer.name.slice(0, 1).toUpperCase()}</span>
    <div>
      <h2><Link href={`/servers/${serverId}/install/${installer.id}`}>{installer.name}</Link></h2>
      <p>{installer.description}</p>
      <p class="fine">{installer.version} · {installer.category}{installer.source && ` · ${w.fromSource(installer.source.name)}`}</p>
      <ul class="card-facts">{figuresOf(installer).map((figure) => <li key={figure}>{figure}</li>)}</ul>
      {installed && <p><Badge tone={installed.state === 'failed' ? 'bad' : 'good'}>{w.installedHere(installed.version ?? '')}</Badge></p>}
      {obstacle && <p class="card-obstacle"><Icon name="warning" /><span><strong>{t.cannotRun}.</strong> {obstacle.reason}</span></p>}
    </div>
  </li>
);

const Refused = ({ items }: { items: readonly RefusedInstaller[] }) => (
  <details class="note warn refused">
    <summary><Icon name="warning" />{t.refused(items.length)}</summary>
    <ul>{items.map(({ folder, file, line, reason }) => <li key={`${folder}/${file}/${line}/${reason}`}><span class="mono">{folder}/{file}{line === null ? '' : `:${line}`}</span> {reason}</li>)}</ul>
  </details>
);

const Categories = ({ all, chosen, onChoose }: { all: readonly Installer[]; chosen: string | undefined; onChoose: (category: string | undefined) => void }) => (
  <div class="chips" role="group" aria-label={w.categories}>
    {categoriesOf(all).map(({ category, count }) => <button key={category} type="button" class="small toggle" aria-pressed={chosen === category} onClick={() => onChoose(chosen === category ? undefined : category)}>{category} <span class="count">{count}</span></button>)}
  </div>
);

const Apps = ({ serverId, all }: { serverId: string; all: readonly Installer[] }) => {
  const machine = machineOf(useAgents(serverId).data.value);
  const apps = useResource<PageOf<App>>(`/api/servers/${serverId}/apps?limit=200`, { touchedBy: ({ stream }) => stream.startsWith('job-') || stream.startsWith('app-') }).data.value?.items;
  const [wanted, category] = [useSignal(''), useSignal<string | undefined>(undefined)];
  const shown = searchCatalogue(all, { wanted: wanted.value, category: category.value });
  const clear = (): void => { [wanted.value, category.value] = ['', undefined]; };
  return (
    <>
      <div class="toolbar"><Search label={t.search} value={wanted.value} onInput={(value) => { wanted.value = value; }} /><Categories all={all} chosen={category.value} onChoose={(chosen) => { category.value = chosen; }} /><span class="fine" role="status">{w.count(shown.length, all.length)}</span></div>
      {shown.length === 0 && <Empty title={wanted.value === '' ? w.noneOfKind : strings.servers.noMatch(wanted.value)}><button type="button" onClick={clear}>{w.clear}</button></Empty>}
      <ul class="cards">{shown.map((installer) => <Card key={installer.id} installer={installer} serverId={serverId} obstacle={obstacleOf(installer, machine)} installed={apps?.find((app) => app.installer === installer.id && app.state !== 'removed')} />)}</ul>
    </>
  );
};

export const CatalogueRoom = ({ serverId }: { serverId: string }) => {
  const server = useServer(serverId).data.value;
  const catalogue = useResource<Catalogue>('/api/installers');
  const all = catalogue.data.value?.items;
  const refused = catalogue.data.value?.refused ?? [];
  return (
    <Page title={t.title} crumbs={[TO_SERVERS, { text: server?.name ?? '…', href: `/servers/${serverId}` }]}>
      {!all && <ProblemNote problem={catalogue.problem.value} onRetry={() => void catalogue.refresh()} />}
      {all?.length === 0 && <Empty title={t.none}><p>{t.noneHint}</p></Empty>}
      {all && all.length > 0 && <Apps serverId={serverId} all={all} />}
      <p><Link href="/bundles">{bundles.some}</Link></p>
      {refused.length > 0 && <Refused items={refused} />}
      <Sources onChanged={catalogue.refresh} />
    </Page>
  );
};
