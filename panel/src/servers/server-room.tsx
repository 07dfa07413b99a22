import { Link } from 'wouter-preact';
import { post } from '../api/client.ts';
import { isUnknown } from '../api/problem.ts';
import type { Fact, LiveServer, Page as PageOf } from '../api/types.ts';
import { Timeline } from '../events/timeline.tsx';
import { JobTable } from '../jobs/job-table.tsx';
import { useResource } from '../live/resource.ts';
import { may } from '../session/rights.ts';
import { strings } from '../strings.ts';
import { useAction } from '../ui/action.ts';
import { Ago } from '../ui/ago.tsx';
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
import { MetricsPanel } from './metrics-panel.tsx';
import { machineOf, useAgents } from './machine.ts';
import { placeSentence } from './queue-place.ts';
import { IMAGES, REGIONS, SIZES, textOf } from './server-choices.ts';
import { AddressLink, Presence, ServerStatusBadge } from './server-status.tsx';
import { SnapshotsPanel } from './snapshots-panel.tsx';
import { Stepper } from './stepper.tsx';
import { isAbout, TO_SERVERS, useServer, useServerJobs } from './use-server.ts';

const t = strings.server;
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
          <button type="button" class="primary" aria-busy={retrying.isBusy.value} onClick={() => void retrying.run(() => post(`/api/servers/${server.id}/retry`))}>{t.retry}</button>
          <p class="fine">{t.retryHint}</p>
        </div>
      )}
      <ProblemNote problem={retrying.problem.value} />
    </section>
  );
};

const About = ({ server, system }: { server: LiveServer; system: string | undefined }) => (
  <Panel title={t.about}>
    <dl class="facts">
      <div><dt>{t.address}</dt><dd><AddressLink server={server} /></dd></div>
      {server.provider === 'none' ? <div><dt>{strings.joinServer.provider}</dt><dd>{strings.joinServer.joined}</dd></div> : (
        <>
          <div><dt>{t.region}</dt><dd>{textOf(REGIONS, server.region)}</dd></div>
          <div><dt>{t.size}</dt><dd>{textOf(SIZES, server.size)}</dd></div>
          <div><dt>{t.image}</dt><dd>{textOf(IMAGES, server.image)}</dd></div>
        </>
      )}
      {system && <div><dt>{t.system}</dt><dd>{system}</dd></div>}
      {server.provider !== 'none' && <div><dt>{t.droplet}</dt><dd class="mono">{server.dropletRef ?? '–'}</dd></div>}
      <div><dt>{t.tags}</dt><dd>{server.tags.length > 0 ? server.tags.join(', ') : '–'}</dd></div>
      <div><dt>{t.created}</dt><dd><Ago at={server.createdAt} /></dd></div>
    </dl>
  </Panel>
);

const ServerParts = ({ server, onDone }: { server: LiveServer; onDone: () => Promise<void> }) => {
  const jobs = useServerJobs(server.id).data.value?.items ?? [];
  const facts = useResource<PageOf<Fact>>(`/api/events?about=${server.id}&limit=100`, { touchedBy: isAbout(server.id) }).data.value?.items ?? [];
  const system = machineOf(useAgents(server.id).data.value)?.os;
  const ownFacts = facts.filter(({ stream }) => stream === `server-${server.id}`).toReversed();
  return (
    <>
      {server.status !== 'deleted' && <Lifecycle server={server} facts={ownFacts} />}
      <div class="columns">
        <div class="column">
          {server.status !== 'deleted' && <AppsPanel server={server} />}
          <Panel title={t.jobs} aside={jobs.length > 0 && <span class="count">{jobs.length}</span>}>
            {jobs.length > 0 ? <JobTable jobs={jobs} /> : <Empty title={t.noJobs} />}
          </Panel>
          <Panel title={t.timeline} aside={<span class="links"><Link href={`/servers/${server.id}/history`}>{strings.events.asItWas}</Link> <Link href={`/events?about=${server.id}`}>{t.allEvents}</Link></span>}>
            <Timeline facts={facts.slice(0, 30)} about={server} />
          </Panel>
        </div>
        <div class="column side">
          {server.status !== 'deleted' && <ActionsPanel server={server} onDone={onDone} />}
          <About server={server} system={system} />
          <MetricsPanel serverId={server.id} />
          {server.status !== 'deleted' && <AgentPanel server={server} />}
          {server.status !== 'deleted' && <AgentTrustPanel server={server} />}
          {canAct(server) && <SnapshotsPanel server={server} onDone={onDone} />}
          {server.status !== 'deleted' && may('operator') && <DangerZone server={server} onDone={onDone} />}
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
