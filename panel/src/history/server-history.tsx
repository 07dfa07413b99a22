/** A server as it was at any moment, beside what is different now. Nothing here can be changed. */
import { Link } from 'wouter-preact';
import type { Fact } from '../api/types.ts';
import { factWords } from '../events/fact-words.ts';
import { Timeline } from '../events/timeline.tsx';
import { useNames } from '../events/use-names.ts';
import { JobTable } from '../jobs/job-table.tsx';
import { installedApps } from '../servers/installed-apps.ts';
import { AddressLink, ServerStatusBadge } from '../servers/server-status.tsx';
import { IMAGES, REGIONS, SIZES, textOf } from '../servers/server-choices.ts';
import { Stepper } from '../servers/stepper.tsx';
import { may } from '../session/rights.ts';
import { strings } from '../strings.ts';
import { Slice } from '../ui/icon.tsx';
import { Empty, Page, Panel } from '../ui/page.tsx';
import { ProblemNote } from '../ui/problem-note.tsx';
import { formatExact } from '../ui/time.ts';
import { AsOf } from './as-of.tsx';
import { valueInWords } from './differences.ts';
import { DifferencePanel } from './difference-list.tsx';
import { readServerThen, type ServerThen } from './read-past.ts';
import { Slider } from './slider.tsx';
import { useMoment } from './use-moment.ts';
import { usePast } from './use-past.ts';
import { useStops } from './use-stops.ts';
import { words as t } from './words.ts';

const MOST_EVENTS = 50;

const About = ({ then: { server, jobs } }: { then: ServerThen }) => {
  if (!server) return null;
  const apps = installedApps(jobs);
  const words = strings.server;
  return (
    <Panel title={words.about}>
      <dl class="facts">
        <div><dt>{t.fields['name']}</dt><dd>{server.name}</dd></div>
        <div><dt>{words.address}</dt><dd><AddressLink server={server} /></dd></div>
        {server.provider === 'none' ? <div><dt>{strings.joinServer.provider}</dt><dd>{strings.joinServer.joined}</dd></div> : (
          <>
            <div><dt>{words.region}</dt><dd>{textOf(REGIONS, server.region)}</dd></div>
            <div><dt>{words.size}</dt><dd>{textOf(SIZES, server.size)}</dd></div>
            <div><dt>{words.image}</dt><dd>{textOf(IMAGES, server.image)}</dd></div>
            <div><dt>{words.droplet}</dt><dd class="mono">{server.dropletRef ?? '–'}</dd></div>
          </>
        )}
        <div><dt>{t.apps}</dt><dd>{apps.map(({ installer, version }) => `${installer} ${version}`).join(', ') || t.noApps}</dd></div>
        <div><dt>{words.tags}</dt><dd>{server.tags.join(', ') || '–'}</dd></div>
        {server.action && <div><dt>{t.fields['action']}</dt><dd>{valueInWords('action', server.action)}</dd></div>}
        {server.maintenance && <div><dt>{t.fields['maintenance']}</dt><dd>{valueInWords('maintenance', server.maintenance)}</dd></div>}
        <div><dt>{t.fields['isProtected']}</dt><dd>{valueInWords('isProtected', server.isProtected)}</dd></div>
        {server.note && <div><dt>{t.fields['note']}</dt><dd>{server.note}</dd></div>}
        <div><dt>{words.created}</dt><dd>{formatExact(server.createdAt)}</dd></div>
      </dl>
    </Panel>
  );
};

const Then = ({ then, facts }: { then: ServerThen; facts: readonly Fact[] }) => {
  const { at, server, jobs, change } = then;
  const until = facts.filter((fact) => at === undefined || fact.at <= at);
  const own = until.filter(({ stream }) => stream === `server-${server?.id ?? ''}`).toReversed();
  return (
    <>
      {server && server.status !== 'deleted' && <section class="panel lifecycle" aria-label={strings.server.lifecycle}><Stepper server={server} facts={own} {...(at !== undefined && { asOf: at })} /></section>}
      <div class="columns">
        <div class="column">
          {!server && <section class="panel"><Empty title={t.notYet}><p>{t.notYetHint}</p></Empty></section>}
          {at !== undefined && <DifferencePanel change={change} />}
          {server && <Panel title={at === undefined ? t.jobsNow : t.jobs} aside={jobs.length > 0 && <span class="count">{jobs.length}</span>}>{jobs.length > 0 ? <JobTable jobs={jobs} /> : <Empty title={at === undefined ? t.noJobsNow : t.noJobs} />}</Panel>}
          <Panel title={at === undefined ? t.eventsNow : t.events} aside={<span class="count">{until.length}</span>}><Timeline facts={until.slice(0, MOST_EVENTS)} {...(server && { about: server })} /></Panel>
        </div>
        <div class="column side"><About then={then} /></div>
      </div>
    </>
  );
};

const isAbout = (serverId: string) => (fact: Fact): boolean => fact.data['serverId'] === serverId || fact.stream.endsWith(serverId);

export const ServerHistoryRoom = ({ serverId }: { serverId: string }) => {
  const { stops, facts, problem, retry, earlier } = useStops({ query: `about=${encodeURIComponent(serverId)}`, isWanted: isAbout(serverId) });
  const looking = useMoment(stops);
  const { at } = looking;
  // Now is another moment after every event.
  const key = stops && `${serverId} ${at ?? ''} ${stops.at(-1)?.at ?? ''}`;
  const past = usePast(key, (signal) => readServerThen(serverId, at, signal));
  const then = past.answer.value;
  const names = useNames(facts);
  const name = then?.server?.name ?? names.server(serverId) ?? factWords.someServer(serverId.slice(0, 8));
  const crumbs = [{ text: strings.servers.title, href: '/servers' }, ...(may('viewer') ? [{ text: name, href: `/servers/${serverId}` }] : [])];
  return (
    <Page title={`${name}: ${t.history}`} crumbs={crumbs} beside={then?.server && <ServerStatusBadge status={then.server.status} />}>
      {looking.wrong !== undefined && <div class="note warn" role="alert"><p>{t.wrongMoment(looking.wrong)}</p></div>}
      <ProblemNote problem={looking.problem} />
      {!stops && (problem ? <ProblemNote problem={problem} onRetry={retry} /> : <p class="loading"><Slice turning /></p>)}
      {stops?.length === 0 && <Empty title={strings.server.unknown}><Link href="/servers">{strings.shell.toServers}</Link></Empty>}
      {stops && stops.length > 0 && (
        <>
          <Slider stops={stops} looking={looking} names={names} earlier={earlier} />
          <AsOf at={at} onBack={() => looking.lookAt(undefined)} />
          <ProblemNote problem={past.problem.value} onRetry={past.retry} />
          {then ? <div class={at === undefined ? 'then' : 'then past'} data-at={then.at ?? 'now'} aria-busy={past.isBusy.value}><Then then={then} facts={facts} /></div> : !past.problem.value && <p class="loading"><Slice turning /></p>}
        </>
      )}
    </Page>
  );
};
