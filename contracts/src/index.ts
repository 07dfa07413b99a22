/** The package's door. What is exported here crosses service borders and is kept compatible for ever. */
export { ActionId, AgentId, ChangeId, Digest, InstalledBundleId, InstallerId, Instant, JobId, plainLine, plainText, ProjectId, RunId, ScheduleId, ServerId, Token, UserId, WebhookId } from './ids.ts';
export { Actor, EventEnvelope, aggregateIdOf, aggregateOf, type DomainEvent } from './envelope.ts';
export { LOGGED_SERVICES, LoggedService, ServiceName } from './services.ts';
export { currentVersionOf, type EventCatalogue, type EventDefinition, type OlderShape } from './events/event-catalogue.ts';
export { PUBLIC_EVENTS } from './events/public-events.ts';
export { agentIdOfSubject, subjects } from './subjects.ts';
export { AUDIT_STREAM, HEARTBEATS_STREAM, LOGS_STREAM, PRESENCE_STREAM, SEALS_STREAM, STREAMS, eventsStream, eventsStreamOf, type StreamDefinition } from './streams.ts';
export { Caller, Membership, Role, SignedInBy, roleIncludes } from './roles.ts';
export { defineRequest, type Access, type RequestDefinition } from './request.ts';
export { HttpProblem, Problem, ProblemKind } from './problem.ts';
export { ListSort, PageRequest, pageOf, shortList, TimeSort } from './paging.ts';
export { networkOf } from './network.ts';
export { HistoryRead, LogPage, LogRead, formatVector, parseVector, readHistoryOf, readLogOf, type LogVector } from './history.ts';
export { LogProblem, LogVerification, LogVerify, verifyLogOf } from './log-verification.ts';
export { listProjectionsOf, pauseProjectionOf, ProjectionNamed, ProjectionVerification, ProjectionView, rebuildProjectionOf, resumeProjectionOf, rollbackProjectionOf, switchProjectionOf, verifyProjectionOf } from './projections.ts';
export { LinkedEvent, LinksRead, readLinksOf } from './history/links.ts';
export { DiffPage, DiffRead, FieldChange, LogPoint, readDiffOf, readStateOf, SERVICE_OF_SUBJECT, StateChange, StatePage, StateRead, Subject } from './history/state.ts';
export { AuditEntry, AuditOutcome } from './audit.ts';
export { AuditFilter, AuditRecord, readAudit, readInstallationAudit } from './auth/audit-log.ts';
export { canonicalJson } from './canonical-json.ts';
export { cameOutOfStream } from './stream-origin.ts';
export { AGENT_RESPONSES, AGENT_RIGHTS, SERVICE_RESPONSES, SERVICE_RIGHTS, STEWARD_RIGHTS, inboxPrefixOf, type NatsRights } from './nats-rights.ts';
export { AccessClaims, Address, Device, Me, REVOKING_EVENTS, Revocations, RotatedSigningKey, SecondFactorCode, SessionQuery, SignIn, SignedInSession, TOKEN_AUDIENCE, TOKEN_ISSUER, TokenPair, changePassword, endAllSessions, endSession, endSessionsOf, listSessions, readKeySet, readMe, readRevocations, refreshSession, rotateSigningKey, signIn, signOut } from './auth/session.ts';
export {
  BegunTotp, DEFAULT_GRACE_DAYS, MOST_GRACE_DAYS, RecoveryCodes, SecondFactor, SecondFactorPolicy, SetSecondFactorPolicy, beginTotp, confirmTotp, disableTotp, newRecoveryCodes, proveSecondFactor,
  readSecondFactor, readSecondFactorPolicy, resetSecondFactor, setSecondFactorPolicy,
} from './auth/second-factor.ts';
export { ApiToken, ApiTokenQuery, NewApiToken, TokenDays, TokenName, TokenScope, TokenScopes, createApiToken, exchangeApiToken, listApiTokens, revokeApiToken } from './auth/api-token.ts';
export { ServiceAccount, ServiceAccountQuery, createServiceAccount, createServiceAccountToken, listServiceAccounts, removeServiceAccount, revokeServiceAccountToken } from './auth/service-account.ts';
export { OidcNotice, OidcProvider, ReturnPath, finishOidc, linkOidc, readOidc, startOidc } from './auth/oidc.ts';
export { FinishRecovery, RecoveredUser, RecoveryToken, beginRecovery, finishRecovery } from './auth/recovery.ts';
export { ErasedUser, eraseUser } from './auth/user.ts';
export { NewPassword, PASSWORD_LENGTH } from './auth/password.ts';
export { Member, Project, ProjectName, changeMemberRole, createProject, listMembers, listProjects, removeMember, renameProject } from './auth/project.ts';
export { AcceptedInvitation, Invitation, InvitationId, InvitationStatus, InvitationToken, OpenInvitation, PersonName, acceptInvitation, acceptInvitationSignedIn, inviteMember, listInvitations, readInvitation, revokeInvitation } from './auth/invitation.ts';
export { ClaimInstallation, User, claimInstallation, grantAdministrator, listUsers, revokeAdministrator } from './auth/installation.ts';
export { AgentCredential, AgentEnrolled, AgentKeys, AgentWelcome, EnrolAgent, RenewAgent, SigningKey, enrolmentProof, issueEnrolment, redeemEnrolment, renewAgentCredential, renewalProof } from './auth/enrolment.ts';
export { AgentCloneSuspected, AgentRevoked, AgentTrust, AgentTrustStatus, RevokeAgents, listAgentTrust, reportAgentClone, revokeAgents } from './auth/agent-trust.ts';
export { RemakeEventsStream, remakeEventsStreamOf } from './auth/streams-steward.ts';
export { HOST_TAG, MOST_TAGS, Tag, DeletionRequested, DropletAccepted, DropletReady, MachineMissing, Server, ServerActivated, ServerDeleted, ServerFailed, ServerPriority, ServerProvider, ServerRequested, ServerSpec, ServerStatus, ServerWish, SizeAccepted, createServer, deleteServer, listServers, readServer, retryServer } from './provisioning/server.ts';
export { addCloud, chooseDefaultCloud, Cloud, CloudCatalog, CloudChoice, CloudId, CloudKind, CloudList, CloudName, CloudQuery, CloudToken, listClouds, NewCloud, readCloudCatalog, removeCloud, rotateCloudToken, SizePrice, testCloud } from './provisioning/cloud.ts';
export {
  GroupChanges, GroupId, GroupLoad, GroupMember, GroupSpec, GroupTemplate, MOST_MEMBERS, ScaleMetric, ScalePolicy, ServerGroup, changeGroup, createGroup, deleteGroup, listGroups, pauseGroup, readGroup, resumeGroup,
} from './provisioning/groups.ts';
export { Finding, FindingKind, FindingRepair, FleetReport, RepairedFinding, RepairFinding, readFleetReport, readReconcile, repairFinding, repairFleet, runFleetReport, runReconcile } from './provisioning/reconcile.ts';
export { listQuotas, Quota, QuotaLimits, readQuota, setQuota } from './provisioning/quotas.ts';
export { JoinInvitation, JoinOpened, JoinSpec, joinServer, renewJoinToken } from './provisioning/join.ts';
export { AnyHeartbeat, HEARTBEAT_EVERY_MS, Heartbeat, HeartbeatChange, OFFLINE_AFTER_MS, Pace, beatEveryMsWithin, learnBeat, nextBeat, nextBeatEveryMs, offlineAfterMs } from './agent/beats.ts';
export type { KnownBeats, Measurements } from './agent/beats.ts';
export { AgentCommand, BackupMade, BackupToRestore, CancelJob, CommandReply, Facts, JobOutcome, JobOutputs, LogChunk, Ping, ReadLog, RunJob, SignedCommand, TrustKeys, commandSigningInput, reportCommandRefused, reportJobFinished, reportJobStarted, sealedInputsPlace, syncAgent } from './agent/messages.ts';
export { AgentBuild, AgentRuntime, AgentUpgrade, AgentUpgradeOutcome, reportUpgradeFinished } from './agent/upgrade.ts';
export { AgentLabelKey, AgentLabels, AgentUpdate, AgentUpgradeStatus, MOST_LABELS, UpgradeWave, labelTextsOf } from './agent/versions.ts';
export { AgentUpgradeAnswer, AgentsUpgrading, MOST_SERVERS_IN_A_WAVE, labelAgent, upgradeAgents } from './agent/versions.requests.ts';
export { Agent, AgentConnected, AgentRegistered, AgentRetired, RotatedCommandKey, listAgents, readBundle, readCommandKeys, rotateCommandKey } from './agent/agent.ts';
export {
  Architecture, BundledVersions, CheckedRequirement, DeclaredFile, DeclaredOutput, DeclaredPort, Dependency, EXIT_CODES, IgnoredRequirements, Input, InputType, InputValue, Installer, InstallerAction, InstallerManifest,
  InstallerPlan, LONGEST_OUTPUT, MOST_OUTPUTS, OsFamily, PortOf, RefusedInstaller, VERSIONS_FILE, listInstallers, planInstaller, reloadInstallers,
} from './installer/manifest.ts';
export { CommitId, fetchInstallerSource, InstallerOrigin, InstallerSource, InstallerSourceName, InstallerSourceState, listInstallerSources } from './installer/source.ts';
export { conflictsWith, mayBeIgnored, portNumber, preflight, type InstalledApp, type Machine, type Requirement, type RequirementId } from './installer/preflight.ts';
export { compareVersions, isVersionRange, versionFits } from './installer/version-range.ts';
export { AgentsPinged, MOST_NAMED_IN_A_PING, MOST_SERVERS_IN_A_PING, PingWait, Unanswered, pingAgents } from './agent/ping.ts';
export {
  ActionCancelled, ActionFailed, ActionRecord, ActionRequested, ActionStarted, ActionStatus, ActionSucceeded, ActionType, actOnServer, cancelAction, DiskAction, listActions, listSnapshots,
  MaintenanceChanged, MaintenanceOrder, maintainServer, PlainAction, PowerObserved, ProtectionChanged, protectServer, readAction, ReenrolOpened, replaceDisk, ServerAction, ServerRenamed, Snapshot, SnapshotQuery, SnapshotName, SnapshotRef,
} from './provisioning/action.ts';
export { BundlePath, InstallerBundle, MANIFEST_FILE } from './installer/bundle.ts';
export {
  choicesFrom, ExpressionError, inputsOf, isListExpression, isTrue, LONGEST_EXPRESSION, parseBundleExpression, parseExpression, printExpression, SOURCES, sourcesOf, valueFrom, type Expression, type Source, type Sources, type Values,
} from './installer/expression.ts';
export {
  checkInputs, isReservedVariable, isReservedWord, isSensitive, LARGEST_TEXT_BYTES, requiresSecrets, resolveInputs, variableOf, visibleInputs, type CheckedInputs, type Circumstances, type InputProblem, type InputState,
} from './installer/inputs.ts';
export { FINISHED_JOB_STATUSES, Job, JobAttemptFailed, JobCancelRequested, JobDispatched, JobFinished, JobPriority, JobQueued, JobSearch, JobStarted, JobStatus, LogEntry, cancelJob, createJob, jobChangedSubject, listJobs, readJob, readJobLog, retryJob, JobWishes, MOST_PREDECESSORS } from './jobs/job.ts';
export { signalOf } from './jobs/exit-code.ts';
export { JobAttempt, JobDetails, JobScript, JobVariable, readJobDetails } from './jobs/job-details.ts';
export { createLineCutter, TERMINAL_CONTROL, visibleText, type LineCutter } from './jobs/log-lines.ts';
export { LogHit, LogHits, LogSearch, searchJobLog } from './jobs/log-search.ts';
export {
  BoxScore, FINISHED_RUN_STATUSES, MOST_SERVERS_IN_A_RUN, Run, RunAbortRequested, RunAdvanced, RunCreated, RunFinished, RunOutcome, RunPaused, RunResumed, RunServer, RunServersHeld, RunServersRefused, RunStatus, RunStrategy,
  abortRun, createRun, listRuns, listRunServers, pauseRun, planRun, readRun, resumeRun, retryRun,
} from './jobs/run.ts';
export {
  actOnApp, App, AppBackup, AppChange, AppChangeAdvanced, AppChangeFinished, AppChangeRequested, AppChangeSummary, AppFilter, AppHealth, AppHealthChanged, AppIs, AppOrder, AppState,
  changeApp, ChangeAction, ChangeOrder, ChangeStatus, ChangeStep, listApps, readApp, readAppChange,
} from './apps/app.ts';
export { BoardRow, BoardServerIds, MOST_SERVERS_ON_A_BOARD, readBoard } from './apps/board.ts';
export {
  changeSchedule, createSchedule, deleteSchedule, listSchedules, MOST_SCHEDULES, NewSchedule, pauseSchedule, previewSchedule, readSchedule, resumeSchedule, Schedule, ScheduleChanged, ScheduleCreated, SchedulePreview, ScheduleDeleted, ScheduleFired, ScheduleMissed, SchedulePaused, ScheduleQuery, ScheduleResumed, WantedRun,
} from './jobs/schedule.ts';
export { AppBundle, BUNDLE_FILE, BundleApp, BundleAppId, BundleId, BundleManifest, BundleRole, BUNDLES_FOLDER, BundleValue, IfPresent, MOST_APPS_IN_A_BUNDLE, ONLY_ROLE, RefusedBundle } from './bundles/manifest.ts';
export {
  BundleAppStatus, BundleCancelRequested, BundleFinished, BundleOrder, BundlePhase, BundlePlan, BundleRemoval, BundleRequested, BundleRetried, BundleStatus, BundleStep, BundleStepBegun, BundleStepEnded, BundleStepHeld, BundleUninstallRequested,
  cancelBundle, InstalledBundle, InstalledBundleApp, installBundle, listBundles, listInstalledBundles, OPEN_BUNDLE_STATUSES, planBundle, PlannedApp, readInstalledBundle, retryBundle, StepHow, StepOutcome, uninstallBundle,
} from './bundles/installed.ts';
export { RunSample, sampleOf } from './jobs/sample.ts';
export { serversOfShare, waveEndsOf } from './jobs/waves.ts';
export { FleetServer, readFleet } from './provisioning/fleet.ts';
export { FILTER_FIELDS, FilterFault, LONGEST_FILTER, asksForLabels, matchesFilter, parseServerFilter, type FilteredServer, type ServerFilter } from './filter/server-filter.ts';
export { ServiceHealth, readHealthOf } from './hub/health.ts';
export { LoadMinute, Sample, ServerLoad, readExposition, readLoad, readServerLoads, readServerSamples } from './metrics/metrics.ts';
export { matchesAny, matchesPattern, uselessPatterns, WEBHOOK_EVENT_TYPES } from './webhooks/event-types.ts';
export {
  changeWebhook, createWebhook, deleteWebhook, DeliveryQuery, DeliveryStatus, listDeliveries, listWebhooks, MOST_WEBHOOKS, WebhookQuery, NewWebhook, pauseWebhook, PING, pingWebhook, readDelivery, readWebhook, redeliver, redeliverSince, resumeWebhook,
  rotateWebhookSecret, SECRETS_OVERLAP_MS, Webhook, WebhookChanged, WebhookChanges, WebhookCreated, WebhookDeleted, WebhookDelivery, WebhookDeliveryWithBody, WebhookPattern, WebhookPaused, WebhookResumed, WebhookSecretRotated, WebhookWithSecret,
} from './webhooks/webhook.ts';
export {
  Consumer, KeyAge, listParkedOf, LogReaderStatus, MOST_PARKED_SHOWN, ParkedEvent, readServiceReportOf, retryParkedOf, ServiceReport, skipParkedOf, SkipReason, STORING_SERVICES, StoringService,
} from './operations.ts';
