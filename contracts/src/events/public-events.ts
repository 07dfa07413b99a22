/** The events that other services than their writer go by. How to change one: docs/how-to/change-an-event.md. */
import { AgentConnected, AgentRegistered, AgentRetired } from '../agent/agent.ts';
import { AppChangeAdvanced, AppChangeFinished, AppChangeRequested, AppHealthChanged } from '../apps/app.ts';
import { AgentCloneSuspected, AgentRevoked } from '../auth/agent-trust.ts';
import { AgentEnrolled } from '../auth/enrolment.ts';
import { BundleCancelRequested, BundleFinished, BundleRequested, BundleRetried, BundleStepBegun, BundleStepEnded, BundleStepHeld, BundleUninstallRequested } from '../bundles/installed.ts';
import { JobAttemptFailed, JobCancelRequested, JobDispatched, JobFinished, JobQueued, JobStarted } from '../jobs/job.ts';
import { RunAbortRequested, RunAdvanced, RunCreated, RunFinished, RunPaused, RunResumed, RunServersHeld, RunServersRefused } from '../jobs/run.ts';
import { ScheduleChanged, ScheduleCreated, ScheduleDeleted, ScheduleFired, ScheduleMissed, SchedulePaused, ScheduleResumed } from '../jobs/schedule.ts';
import { ActionCancelled, ActionFailed, ActionRequested, ActionStarted, ActionSucceeded, MaintenanceChanged, PowerObserved, ProtectionChanged, ReenrolOpened, ServerRenamed } from '../provisioning/action.ts';
import { JoinOpened } from '../provisioning/join.ts';
import { DeletionRequested, DropletAccepted, DropletReady, MachineMissing, ServerActivated, ServerDeleted, ServerFailed, ServerRequested, SizeAccepted } from '../provisioning/server.ts';
import { WebhookChanged, WebhookCreated, WebhookDeleted, WebhookPaused, WebhookResumed, WebhookSecretRotated } from '../webhooks/webhook.ts';
import type { LoggedService } from '../services.ts';
import type { EventCatalogue } from './event-catalogue.ts';

export const PUBLIC_EVENTS = {
  auth: { AgentEnrolled: { schema: AgentEnrolled }, AgentRevoked: { schema: AgentRevoked }, AgentCloneSuspected: { schema: AgentCloneSuspected } },
  provisioning: {
    ServerRequested: { schema: ServerRequested },
    DropletAccepted: { schema: DropletAccepted },
    DropletReady: { schema: DropletReady },
    JoinOpened: { schema: JoinOpened },
    ServerActivated: { schema: ServerActivated },
    ServerFailed: { schema: ServerFailed },
    DeletionRequested: { schema: DeletionRequested },
    ServerDeleted: { schema: ServerDeleted },
    MachineMissing: { schema: MachineMissing },
    SizeAccepted: { schema: SizeAccepted },
    ActionRequested: { schema: ActionRequested },
    ActionStarted: { schema: ActionStarted },
    ActionSucceeded: { schema: ActionSucceeded },
    ActionFailed: { schema: ActionFailed },
    ActionCancelled: { schema: ActionCancelled },
    ServerRenamed: { schema: ServerRenamed },
    ReenrolOpened: { schema: ReenrolOpened },
    ProtectionChanged: { schema: ProtectionChanged },
    MaintenanceChanged: { schema: MaintenanceChanged },
    PowerObserved: { schema: PowerObserved },
  },
  'agent-mgmt': {
    AgentRegistered: { schema: AgentRegistered },
    AgentConnected: { schema: AgentConnected },
    AgentRetired: { schema: AgentRetired },
    JobQueued: { schema: JobQueued },
    JobDispatched: { schema: JobDispatched },
    JobStarted: { schema: JobStarted },
    JobAttemptFailed: { schema: JobAttemptFailed },
    JobCancelRequested: { schema: JobCancelRequested },
    JobFinished: { schema: JobFinished },
    RunCreated: { schema: RunCreated },
    RunAdvanced: { schema: RunAdvanced },
    RunServersHeld: { schema: RunServersHeld },
    RunServersRefused: { schema: RunServersRefused },
    RunPaused: { schema: RunPaused },
    RunResumed: { schema: RunResumed },
    RunAbortRequested: { schema: RunAbortRequested },
    RunFinished: { schema: RunFinished },
    AppChangeRequested: { schema: AppChangeRequested },
    AppChangeAdvanced: { schema: AppChangeAdvanced },
    AppChangeFinished: { schema: AppChangeFinished },
    AppHealthChanged: { schema: AppHealthChanged },
    BundleRequested: { schema: BundleRequested },
    BundleStepBegun: { schema: BundleStepBegun },
    BundleStepEnded: { schema: BundleStepEnded },
    BundleStepHeld: { schema: BundleStepHeld },
    BundleCancelRequested: { schema: BundleCancelRequested },
    BundleRetried: { schema: BundleRetried },
    BundleUninstallRequested: { schema: BundleUninstallRequested },
    BundleFinished: { schema: BundleFinished },
    ScheduleCreated: { schema: ScheduleCreated },
    ScheduleChanged: { schema: ScheduleChanged },
    ScheduleFired: { schema: ScheduleFired },
    ScheduleMissed: { schema: ScheduleMissed },
    SchedulePaused: { schema: SchedulePaused },
    ScheduleResumed: { schema: ScheduleResumed },
    ScheduleDeleted: { schema: ScheduleDeleted },
  },
  metrics: {
    WebhookCreated: { schema: WebhookCreated },
    WebhookChanged: { schema: WebhookChanged },
    WebhookPaused: { schema: WebhookPaused },
    WebhookResumed: { schema: WebhookResumed },
    WebhookSecretRotated: { schema: WebhookSecretRotated },
    WebhookDeleted: { schema: WebhookDeleted },
  },
} as const satisfies Record<LoggedService, EventCatalogue>;
