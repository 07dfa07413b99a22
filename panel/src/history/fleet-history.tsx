/** All servers of the project as they were at any moment, and what is different now. */
import { Link } from 'wouter-preact';
import type { Fact, Job, LiveServer } from '../api/types.ts';
import { useNames } from '../events/use-names.ts';
import { installedApps } from '../servers/installed-apps.ts';
import { AddressLink, ServerStatusBadge } from '../servers/server-status.tsx';
import { strings } from '../strings.ts';
import { Icon, Slice } from '../ui/icon.tsx';
import { Empty, Page, Panel } from '../ui/page.tsx';
import { ProblemNote } from '../ui/problem-note.tsx';
import { AsOf } from './as-of.tsx';
import { glanceOf, type StateChange } from './differences.ts';
import { readFleetThen, readJobsThen, type FleetThen } from './read-past.ts';
import { Slider } from './slider.tsx';
import { useMoment } from './use-moment.ts';
import { usePast } from './use-past.ts';
import { useStops } from './use-stops.ts';
import { Views } from './views.tsx';
import { words as t } from './words.ts';

/** Jobs are many; they are read when somebody stays at a moment. */
const APPS_AFTER_MS = 500;

const NowCell = ({ change }: { change: StateChange | undefined }) => {
  if (!change) return <span class="fine">{t.sameAsNow}</span>;
  if (change.after === null || change.after['status'] === 'deleted') return <span class="change removed">{t.goneSince}</span>;
  const { told, untold } = glanceOf(change.changes);
  if (told.length === 0) return <span class="fine">{untold > 0 ? t.details(untold) : t.sameAsNow}</span>;
  return (
    <ul class="fleet-changes">
      {told.map(({ path, field, kind, before, after }) => <li key={path}><span class={`change ${kind}`}>{field}</span> <span class="breaks">{before} <Icon name="chevron" /><span class="unseen">{t.becameNow}</span> {after}</span></li>)}
      {untold > 0 && <li class="fine">{t.andMore(untold)}</li>}
    </ul>
  );
};

type RowProps = { server: LiveServer; at: string | undefined; jobs: readonly Job[] | undefined; change: StateChange | undefined };

const Row = ({ server, at, jobs, change }: RowProps) => (
  <tr class="row-link">
    <th scope="row"><Link href={`/servers/${server.id}/history${at === undefined ? '' : `?at=${at}`}`}>{server.name}</Link></th>
    <td><ServerStatusBadge status={server.status} /></td>
    <td class="phone-off"><AddressLink server={server} /></td>
    <td class="tablet-off">{jobs === undefined ? <span class="fine">{t.appsUnknown}</span> : installedApps(jobs.filter(({ serverId }) => serverId === server.id)).map(({ installer }) => installer).join(', ') || <span class="fine">{t.noApps}</span>}</td>
    {at !== undefined && <td><NowCell change={change} /></td>}
  </tr>
);

/** Those that were not there then. */
const Since = ({ then }: { then: FleetThen }) => {
  const came = [...then.changes.values()].filter(({ before }) => before === null);
  if (came.length === 0) return null;
  return (
    <Panel title={t.cameSince(came.length)}>
      <ul class="came">
        {came.map(({ id, after }) => <li key={id}><Link href={`/servers/${id}/history`}>{typeof after?.['name'] === 'string' ? after['name'] : id}</Link>{after?.['status'] === 'deleted' && <span class="fine"> {t.wentAgain}</span>}</li>)}
      </ul>
    </Panel>
  );
};

const Fleet = ({ then, jobs }: { then: FleetThen; jobs: readonly Job[] | undefined }) => (
  <>
    {then.servers.length === 0 ? <Empty title={then.at === undefined ? strings.servers.none : t.noServers} /> : (
      <div class="table-shell">
        <table>
          <caption class="unseen">{t.fleetTitle}</caption>
          <thead>
            <tr>
              <th scope="col">{t.server}</th><th scope="col">{strings.servers.state}</th><th scope="col" class="phone-off">{strings.servers.address}</th>
              <th scope="col" class="tablet-off">{t.apps}</th>{then.at !== undefined && <th scope="col">{t.different}</th>}
            </tr>
          </thead>
          <tbody>{then.servers.map((server) => <Row key={server.id} server={server} at={then.at} jobs={jobs} change={then.changes.get(server.id)} />)}</tbody>
        </table>
      </div>
    )}
    {then.isCut && <p class="fine">{t.cut(then.servers.length)}</p>}
    <Since then={then} />
  </>
);

const isOfServers = ({ stream }: Fact): boolean => stream.startsWith('server-');

export const FleetHistoryRoom = () => {
  const { stops, facts, problem, retry, earlier } = useStops({ query: 'service=provisioning&category=server', isWanted: isOfServers });
  const looking = useMoment(stops);
  const { at } = looking;
  const key = stops && `${at ?? ''} ${stops.at(-1)?.at ?? ''}`;
  const past = usePast(key, (signal) => readFleetThen(at, signal));
  const jobs = usePast(key, (signal) => readJobsThen(at, signal), APPS_AFTER_MS);
  const names = useNames(facts);
  const then = past.answer.value;
  return (
    <Page title={strings.events.title} beside={then && <span class="count">{t.servers(then.servers.length)}</span>}>
      <Views />
      {looking.wrong !== undefined && <div class="note warn" role="alert"><p>{t.wrongMoment(looking.wrong)}</p></div>}
      <ProblemNote problem={looking.problem} />
      {!stops && (problem ? <ProblemNote problem={problem} onRetry={retry} /> : <p class="loading"><Slice turning /></p>)}
      {stops?.length === 0 && <Empty title={t.noEvents}><p>{t.noEventsHint}</p></Empty>}
      {stops && stops.length > 0 && (
        <>
          <Slider stops={stops} looking={looking} names={names} earlier={earlier} />
          <AsOf at={at} onBack={() => looking.lookAt(undefined)} />
          <ProblemNote problem={past.problem.value} onRetry={past.retry} />
          {then ? <div class={at === undefined ? 'then' : 'then past'} data-at={then.at ?? 'now'} aria-busy={past.isBusy.value}><Fleet then={then} jobs={jobs.answer.value} /></div> : !past.problem.value && <p class="loading"><Slice turning /></p>}
        </>
      )}
    </Page>
  );
};
