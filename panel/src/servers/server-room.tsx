import { useSignal } from '@preact/signals';
import { Link } from 'wouter-preact';
import { post } from '../api/client.ts';
import { isUnknown } from '../api/problem.ts';
import type { Fact, LiveServer, Page as PageOf } from '../api/types.ts';
import { Timeline } from '../events/timeline.tsx';
import { JobTable } from '../jobs/job-table.tsx';
import { useResource } from '../live/resource.ts';
import { may } from '../session/rights.ts';
import { strings } from '../strings.ts';
import { busy, useAction } from '../ui/action.ts';
import { Slice } from '../ui/icon.tsx';
import { Empty, Page, Panel } from '../ui/page.tsx';
import { ProblemNote } from '../ui/problem-note.tsx';
import { canAct } from './actions.ts';
import { ActionsPanel } from './actions-panel.tsx';
import { AgentPanel } from './agent-panel.tsx';
import { AgentTrustPanel } from './agent-trust.tsx';
import { AppsPanel } from './apps-panel.tsx';
import { DangerZone } from './danger-zone.tsx';
import { DriftBadge, useFindings } from './drift.tsx';
import { NewCommand } from './join-server.tsx';
import { ChartsPanel } from './charts-panel.tsx';
import { machineOf, useAgents } from './machine.ts';
import { placeSentence } from './queue-place.ts';
import { About, AtWork, Part, PartNav, type PartName } from './server-parts.tsx';
import { Presence, ServerStatusBadge } from './server-status.tsx';
import { serverWords as w } from './server-words.ts';
import { SnapshotsPanel } from './snapshots-panel.tsx';
import { Stepper } from './stepper.tsx';
import { isAbout, TO_SERVERS, useServer, useServerJobs } from './use-server.ts';

const t = strings.server;
const PARTS: readonly PartName[] = ['apps', 'jobs', 'load', 'timeline', 'machine', 'about', 'agent', 'danger'];

/** Its machine may still become it, with a new command. */
const isJoining = ({ provider, status }: LiveServer): boolean => provider === 'none' && (status === 'initializing' || status === 'failed');

const Lifecycle = ({ server, facts }: { server: LiveServer; facts: readonly Fact[] }) => {
  const retrying = useAction();
  return (
    <section class="panel lifecycle" aria-label={t.lifecycle}>
      <Stepper server={server} facts={facts} />
      <div role="status" aria-label={t.statusLabel} class="lifecycle-note">
        <span class="unseen">{strings.servers.status[server.status]}</span>
        {server.note && server.status !== 'active' && <p>{server.note}</p>}
        {server.queue && <p>{placeSentence(server.queue)}</p>}
      </div>
      {isJoining(server) && may('operator') && <NewCommand serverId={server.id} />}
      {server.status === 'failed' && server.provider !== 'none' && may('operator') && (
        <div class="actions">
          <button type="button" class="primary" {...busy(retrying.isBusy.value)} onClick={() => void retrying.run(() => post(`/api/servers/${server.id}/retry`))}>{t.retry}</button>
          <p class="fine">{t.retryHint}</p>
        </div>
      )}
      <ProblemNote problem={retrying.problem.value} />
    </section>
  );
};

const JOBS_AT_FIRST = 8;
const FACTS_AT_FIRST = 12;

const Jobs = ({ serverId }: { serverId: string }) => {
  const jobs = useServerJobs(serverId).data.value?.items ?? [];
  const isWhole = useSignal(false);
  return (
    <Panel title={t.jobs} aside={jobs.length > 0 && <span class="count">{jobs.length}</span>}>
      {jobs.length > 0 ? <JobTable jobs={isWhole.value ? jobs : jobs.slice(0, JOBS_AT_FIRST)} /> : <Empty title={t.noJobs} />}
      {jobs.length > JOBS_AT_FIRST && <p class="center more-row"><button type="button" class="small" aria-expanded={isWhole.value} onClick={() => { isWhole.value = !isWhole.value; }}>{isWhole.value ? w.fewerJobs : w.allJobs(jobs.length)}</button></p>}
    </Panel>
  );
};

const ServerParts = ({ server, onDone }: { server: LiveServer; onDone: () => Promise<void> }) => {
  const facts = useResource<PageOf<Fact>>(`/api/events?about=${server.id}&limit=100`, { touchedBy: isAbout(server.id) }).data.value?.items ?? [];
  const machine = machineOf(useAgents(server.id).data.value);
  const ownFacts = facts.filter(({ stream }) => stream === `server-${server.id}`).toReversed();
  const isThere = server.status !== 'deleted';
  const parts = PARTS.filter((part) => isThere || part === 'jobs' || part === 'timeline' || part === 'about').filter((part) => part !== 'danger' || may('operator'));
  return (
    <>
      <PartNav server={server} parts={parts} />
      {isThere && <AtWork server={server} />}
      {isThere && <Lifecycle server={server} facts={ownFacts} />}
      <div class="columns">
        <div class="column">
          {isThere && <Part name="apps"><AppsPanel server={server} /></Part>}
          <Part name="jobs"><Jobs serverId={server.id} /></Part>
          <Part name="load"><ChartsPanel serverId={server.id} /></Part>
          <Part name="timeline">
            <Panel title={t.timeline} aside={<span class="links"><Link href={`/servers/${server.id}/history`}>{strings.events.asItWas}</Link> <Link href={`/events?about=${server.id}`}>{t.allEvents}</Link></span>}>
              <Timeline facts={facts.slice(0, FACTS_AT_FIRST)} about={server} />
            </Panel>
          </Part>
        </div>
        <div class="column side">
          {isThere && <Part name="machine"><ActionsPanel server={server} onDone={onDone} /></Part>}
          <Part name="about"><About server={server} machine={machine} /></Part>
          {isThere && <Part name="agent"><AgentPanel server={server} /><AgentTrustPanel server={server} /></Part>}
          {canAct(server) && <SnapshotsPanel server={server} onDone={onDone} />}
          {isThere && may('operator') && <Part name="danger"><DangerZone server={server} onDone={onDone} /></Part>}
        </div>
      </div>
    </>
  );
};

export const ServerRoom = ({ serverId }: { serverId: string }) => {
  const resource = useServer(serverId);
  const findings = useFindings();
  const [server, problem] = [resource.data.value, resource.problem.value];
  if (!server || isUnknown(problem)) {
    return (
      <Page title={isUnknown(problem) ? t.unknown : strings.shell.loading} crumbs={[TO_SERVERS]}>
        {problem ? <ProblemNote problem={problem} onRetry={() => void resource.refresh()} /> : <p class="loading"><Slice turning /></p>}
      </Page>
    );
  }
  return (
    <Page title={server.name} crumbs={[TO_SERVERS]} beside={<><ServerStatusBadge status={server.status} /><Presence server={server} /><DriftBadge serverId={server.id} findings={findings} /></>}>
      <ServerParts server={server} onDone={resource.refresh} />
    </Page>
  );
};
