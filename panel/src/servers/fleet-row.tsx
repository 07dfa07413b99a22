/** A row of the table of servers; it is drawn again only when something in it has changed. */
import type { Finding } from '@citrus/contracts';
import { useMemo } from 'preact/hooks';
import { Link } from 'wouter-preact';
import type { LiveServer } from '../api/types.ts';
import type { AppNames } from '../live/app-names.ts';
import { strings } from '../strings.ts';
import { Ago } from '../ui/ago.tsx';
import { Badge } from '../ui/badge.tsx';
import { runningText } from './actions.ts';
import { badgeOf } from './app-state.ts';
import { DriftBadge } from './drift.tsx';
import { fleetWords as t } from './fleet-words.ts';
import { AddressLink, Presence, ServerStatusBadge } from './server-status.tsx';
import { Spark } from './spark.tsx';
import type { Row as BoardRow } from './use-board.ts';
import { heardAt } from './use-fleet.ts';

const MOST_APPS = 2;

const Apps = ({ row, appName }: Pick<RowProps, 'row' | 'appName'>) => {
  const apps = row?.apps ?? [];
  if (apps.length === 0) return <span class="fine">{t.noApps}</span>;
  return (
    <ul class="cell-list">
      {apps.slice(0, MOST_APPS).map((app) => {
        const { tone, text } = badgeOf(app);
        return <li key={app.installer} class={`app-mark ${tone}`} title={`${appName(app.installer)} ${app.version ?? ''} · ${text}`}>{appName(app.installer)}<span class="unseen">{t.appState(text)}</span></li>;
      })}
      {apps.length > MOST_APPS && <li class="fine">{t.moreApps(apps.length - MOST_APPS)}</li>}
    </ul>
  );
};

const Job = ({ row, appName }: Pick<RowProps, 'row' | 'appName'>) => {
  if (!row?.job) return <span class="fine">{t.noApps}</span>;
  const { id, action, installer, status, percent } = row.job;
  const name = `${strings.jobs.action[action]} ${appName(installer)}`;
  return (
    <div class="cell-job">
      <Link href={`/jobs/${id}`}>{name}</Link>
      {percent === null ? <span class="fine">{strings.jobs.status[status]}</span> : <progress aria-label={name} max={100} value={percent} />}
      {row.openJobs > 1 && <span class="fine">{t.openJobs(row.openJobs - 1)}</span>}
    </div>
  );
};

const Load = ({ load }: { load: BoardRow['load'] | undefined }) => {
  if (!load) return <span class="fine">–</span>;
  const [cpu, memory] = [load.cpuPercent.at(-1) ?? 0, load.memoryPercent.at(-1) ?? 0];
  return (
    <div class="cell-load">
      <span title={t.cpu}><Spark values={load.cpuPercent} /><span>{Math.round(cpu)} %</span></span>
      <span title={t.memory}><Spark values={load.memoryPercent} kind="second" /><span>{Math.round(memory)} %</span></span>
    </div>
  );
};

/** Where it is; a joined machine is nobody's region. */
const placeOf = ({ provider, status, region }: LiveServer): string => (provider !== 'none' ? region : status === 'initializing' ? strings.joinServer.waiting : strings.joinServer.joined);

/** Only this is drawn again when nothing but the time of the last heartbeat has changed. */
const Heard = ({ server }: { server: LiveServer }) => <Presence server={{ ...server, lastSeenAt: heardAt(server).value }} isAged />;

const State = ({ server, findings }: { server: LiveServer; findings: readonly Finding[] }) => (
  <div class="cell-state">
    <ServerStatusBadge status={server.status} />
    {server.status === 'active' && server.online === false && <span class="fine only-narrow">{strings.servers.offline}</span>}
    <DriftBadge serverId={server.id} findings={findings} />
    {server.maintenance && <Badge tone="warn">{t.maintenance}</Badge>}
    {server.action && <span class="fine">{runningText(server)}</span>}
    {server.status === 'failed' && server.note && <p class="row-note">{server.note}</p>}
  </div>
);

export type RowProps = { readonly server: LiveServer; readonly row: BoardRow | undefined; readonly appName: AppNames; readonly findings: readonly Finding[]; readonly isSelected: boolean; readonly canSelect: boolean; readonly onSelect: (id: string, isSelected: boolean) => void };

export const FleetRow = ({ server, row, appName, findings, isSelected, canSelect, onSelect }: RowProps) => useMemo(() => (
  <tr class={isSelected ? 'row-link selected' : 'row-link'}>
    {canSelect && <td class="cell-tick"><label class="tick-target"><input type="checkbox" aria-label={t.select(server.name)} checked={isSelected} onChange={(event) => onSelect(server.id, event.currentTarget.checked)} /></label></td>}
    <th scope="row">
      <Link href={`/servers/${server.id}`}>{server.name}</Link>
      <div class="cell-sub fine"><span>{placeOf(server)}</span> {server.ipAddress && <AddressLink server={server} />}</div>
    </th>
    <td><State server={server} findings={findings} /></td>
    <td class="phone-off"><Heard server={server} /></td>
    <td class="tablet-off"><ul class="cell-list tags">{server.tags.map((tag) => <li key={tag}>{tag}</li>)}{row?.labels.filter((label) => !label.includes('=') || label.split('=')[1] !== '').map((label) => <li key={`l ${label}`} class="label">{label}</li>)}</ul></td>
    <td class="phone-off"><Apps row={row} appName={appName} /></td>
    <td class="phone-off"><Job row={row} appName={appName} /></td>
    <td class="tablet-off"><Load load={row?.load} /></td>
    <td class="number fine nowrap tablet-off"><Ago at={server.createdAt} /></td>
  </tr>
), [server, row, appName, findings, isSelected, canSelect, onSelect]);
