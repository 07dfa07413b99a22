import { goldenEvents, goldenStreams } from '@citrus/kit-testing';
import { agentDecider } from './agent/agent.decider.ts';
import { agentsProjection } from './agent/agent.projection.ts';
import { appDecider } from './app/app.decider.ts';
import { appsProjection } from './app/app.projection.ts';
import { appChangesProjection } from './app/change.projection.ts';
import { agentMgmtEvents, privateEvents } from './events.ts';
import { jobDecider } from './job/job.decider.ts';
import { jobsProjection } from './job/job.projection.ts';
import { runDecider } from './run/run.decider.ts';
import { runsProjection } from './run/run.projection.ts';

goldenEvents('agent-mgmt’s private events', privateEvents, new URL('../golden/', import.meta.url));
goldenStreams({
  folder: new URL('../golden/streams/', import.meta.url),
  events: agentMgmtEvents,
  deciders: { agent: agentDecider, job: jobDecider, run: runDecider, app: appDecider },
  folds: [agentsProjection, jobsProjection, runsProjection, appsProjection, appChangesProjection],
});
