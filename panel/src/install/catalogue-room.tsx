import { useSignal } from '@preact/signals';
import { Link } from 'wouter-preact';
import type { Catalogue, Installer, RefusedInstaller } from '../api/types.ts';
import { useResource } from '../live/resource.ts';
import { machineOf, useAgents } from '../servers/machine.ts';
import { TO_SERVERS, useServer } from '../servers/use-server.ts';
import { strings } from '../strings.ts';
import { Icon } from '../ui/icon.tsx';
import { Empty, Page } from '../ui/page.tsx';
import { ProblemNote } from '../ui/problem-note.tsx';
import { Search } from '../ui/search.tsx';
import { obstacleOf, type Obstacle } from './requirements.ts';

const t = strings.catalogue;

const Card = ({ installer, serverId, obstacle }: { installer: Installer; serverId: string; obstacle: Obstacle | undefined }) => (
  <li class="card">
    <span class="app-letter" aria-hidden="true">{installer.name.slice(0, 1).toUpperCase()}</span>
    <div>
      <h2><Link href={`/servers/${serverId}/install/${installer.id}`}>{installer.name}</Link></h2>
      <p>{installer.description}</p>
      <p class="fine">{installer.version} · {installer.category}{installer.portable && ` · ${t.portable}`}</p>
      {obstacle && <p class="card-obstacle"><Icon name="warning" /><span><strong>{t.cannotRun}.</strong> {obstacle.reason}</span></p>}
    </div>
  </li>
);

const Refused = ({ items }: { items: readonly RefusedInstaller[] }) => (
  <details class="note warn refused">
    <summary><Icon name="warning" />{t.refused(items.length)}</summary>
    <ul>{items.map(({ folder, file, line, reason }) => <li key={folder}><span class="mono">{folder}/{file}{line === null ? '' : `:${line}`}</span> {reason}</li>)}</ul>
  </details>
);

export const CatalogueRoom = ({ serverId }: { serverId: string }) => {
  const server = useServer(serverId).data.value;
  const agents = useAgents(serverId).data.value;
  const catalogue = useResource<Catalogue>('/api/installers');
  const wanted = useSignal('');
  const all = catalogue.data.value?.items;
  const needle = wanted.value.trim().toLowerCase();
  const shown = all?.filter(({ name, description, category, id }) => `${name} ${description} ${category} ${id}`.toLowerCase().includes(needle)) ?? [];
  const refused = catalogue.data.value?.refused ?? [];
  return (
    <Page title={t.title} crumbs={[TO_SERVERS, { text: server?.name ?? '…', href: `/servers/${serverId}` }]}>
      {!all && <ProblemNote problem={catalogue.problem.value} onRetry={() => void catalogue.refresh()} />}
      {all && all.length > 0 && <div class="toolbar"><Search label={t.search} value={wanted.value} onInput={(value) => { wanted.value = value; }} /></div>}
      {all?.length === 0 && <Empty title={t.none}><p>{t.noneHint}</p></Empty>}
      {all && all.length > 0 && shown.length === 0 && <Empty title={strings.servers.noMatch(wanted.value)} />}
      <ul class="cards">{shown.map((installer) => <Card key={installer.id} installer={installer} serverId={serverId} obstacle={obstacleOf(installer, machineOf(agents))} />)}</ul>
      {refused.length > 0 && <Refused items={refused} />}
    </Page>
  );
};
