/** Every event that this service's log has or has had. What others go by stands in contracts. */
import { PUBLIC_EVENTS, type EventCatalogue, type EventDefinition } from '@citrus/contracts';
import { AgentLabelled, AgentUpgradeBegun, AgentUpgraded, AgentUpgradeFailed, AgentUpgradeRequested } from './agent-version/upgrade.events.ts';
import { AgentFactsChanged, type AgentEvent } from './agent/agent.events.ts';
import type { AppEvent } from './app/app.events.ts';
import type { BundleEvent } from './bundle/bundle.events.ts';
import type { JobEvent } from './job/job.events.ts';
import type { RunEvent } from './run/run.events.ts';
import type { ScheduleEvent } from './schedule/schedule.events.ts';

export const privateEvents = { AgentFactsChanged: { schema: AgentFactsChanged }, AgentLabelled: { schema: AgentLabelled }, AgentUpgradeBegun: { schema: AgentUpgradeBegun }, AgentUpgraded: { schema: AgentUpgraded }, AgentUpgradeFailed: { schema: AgentUpgradeFailed },
  AgentUpgradeRequested: { schema: AgentUpgradeRequested }, } satisfies EventCatalogue;

export const agentMgmtEvents = { ...PUBLIC_EVENTS['agent-mgmt'], ...privateEvents } satisfies Record<AgentEvent['type'] | JobEvent['type'] | RunEvent['type'] | AppEvent['type'] | BundleEvent['type'] | ScheduleEvent['type'], EventDefinition>;
