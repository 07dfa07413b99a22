/**
 * Facts as sentences. A sentence is parts of text and links, never markup. A fact that this file does not know is told
 * by its own name, so a newer service needs no newer panel.
 */
import type { Fact } from '../api/types.ts';
import { strings } from '../strings.ts';
import type { Tone } from '../ui/badge.tsx';
import { formatExact } from '../ui/time.ts';
import { factWords } from './fact-words.ts';

export type Part = string | { readonly text: string; readonly href: string };
export type Names = { server(id: string): string | undefined; job(id: string): string | undefined; person(id: string): string | undefined };

type Data = Readonly<Record<string, unknown>>;
type Sentence = { readonly tone: Tone; readonly parts: readonly Part[] };
type Teller = (data: Data, names: Names) => Sentence;

const t = factWords;
const text = (data: Data, key: string): string => {
  const value = data[key];
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
};

/** Only the facts that order a server say what it is called. */
const serverName = ({ spec }: Data): string | undefined =>
  typeof spec === 'object' && spec !== null && 'name' in spec && typeof spec.name === 'string' ? spec.name : undefined;

/** What the servers are called, told by their own facts: a deleted one stands in no list any more. */
export const serverNamesIn = (facts: readonly Fact[]): Map<string, string> =>
  new Map(facts.flatMap(({ data }) => {
    const name = serverName(data);
    return name ? [[text(data, 'serverId'), name]] : [];
  }));

const server = (data: Data, names: Names): Part => {
  const id = text(data, 'serverId');
  return { text: names.server(id) ?? serverName(data) ?? t.someServer(id.slice(0, 8)), href: `/servers/${id}` };
};

/** Only the facts that begin and end a job say what it does. */
const jobName = (data: Data): string | undefined => (text(data, 'installer') === '' ? undefined : t.jobOf(text(data, 'action'), text(data, 'installer')));

const job = (data: Data, names: Names): Part => {
  const id = text(data, 'jobId');
  return { text: jobName(data) ?? names.job(id) ?? t.theJob, href: `/jobs/${id}` };
};

/** What the jobs are called, told by their own facts. */
export const jobNamesIn = (facts: readonly Fact[]): Map<string, string> =>
  new Map(facts.flatMap(({ data }) => {
    const name = jobName(data);
    return name ? [[text(data, 'jobId'), name]] : [];
  }));

const countOf = (data: Data, key: string): number => (Array.isArray(data[key]) ? data[key].length : 0);

/** Of servers in a run: the one by its name, more by their number, and why, if that is the same for all. */
const serversIn = ({ servers }: Data, names: Names, told: { readonly one: string; readonly more: (count: number) => string }): readonly Part[] => {
  const all = (Array.isArray(servers) ? servers : []) as readonly Data[];
  const [first] = all;
  const reasons = new Set(all.map((each) => because(each)));
  return [...(first && all.length === 1 ? [server(first, names), told.one] : [told.more(all.length)]), reasons.size === 1 ? [...reasons].join('') : ''];
};

const JOB_ENDS: Readonly<Record<string, { tone: Tone; words: string }>> = {
  succeeded: { tone: 'good', words: t.jobSucceeded }, failed: { tone: 'bad', words: t.jobFailed }, timed_out: { tone: 'bad', words: t.jobTimedOut },
  cancelled: { tone: 'quiet', words: t.jobCancelled }, expired: { tone: 'warn', words: t.jobExpired }, lost: { tone: 'warn', words: t.jobLost },
};

const INVITATION_ENDS: ReadonlyMap<string, string> = new Map(Object.entries(t.invitationEnded));

/** Whoever was forgotten has no name any more. */
const membershipEnd = (data: Data, names: Names): string => {
  const who = names.person(text(data, 'userId')) ?? t.somebody;
  if (text(data, 'reason') === 'left') return t.memberLeft(who);
  return text(data, 'reason') === 'removed' ? t.memberRemoved(who) : t.memberForgotten;
};

const because = (data: Data): string => (text(data, 'reason') === '' ? '' : `: ${text(data, 'reason')}`);

/** What was asked for, as the log names it, in words. */
const action = ({ action: asked }: Data): string => {
  const type = typeof asked === 'object' && asked !== null && 'type' in asked && typeof asked.type === 'string' ? asked.type : '';
  return strings.actions.doing[type] ?? type;
};

const TELLERS: Readonly<Record<string, Teller>> = {
  ServerOrdered: (data, names) => ({ tone: 'quiet', parts: [server(data, names), t.serverOrdered] }),
  ServerRequested: (data, names) => ({ tone: 'busy', parts: [server(data, names), t.serverRequested] }),
  DropletAccepted: (data, names) => ({ tone: 'busy', parts: [server(data, names), t.dropletAccepted(text(data, 'dropletRef'))] }),
  DropletReady: (data, names) => ({ tone: 'busy', parts: [server(data, names), t.dropletReady(text(data, 'ipAddress'))] }),
  JoinOpened: (data, names) => ({ tone: 'busy', parts: [server(data, names), t.joinOpened(text(data, 'endsAt') === '' ? '' : `, until ${formatExact(text(data, 'endsAt'))}`)] }),
  ServerActivated: (data, names) => ({ tone: 'good', parts: [server(data, names), t.serverActivated] }),
  ServerFailed: (data, names) => ({ tone: 'bad', parts: [server(data, names), t.serverFailed(text(data, 'step')), because(data)] }),
  RetryRequested: (data, names) => ({ tone: 'busy', parts: [server(data, names), t.retryRequested] }),
  DropletCreateIntended: (data, names) => ({ tone: 'quiet', parts: [server(data, names), t.createIntended] }),
  DropletCreateRefused: (data, names) => ({ tone: 'warn', parts: [server(data, names), t.createRefused, because(data)] }),
  DropletCreateUnknown: (data, names) => ({ tone: 'warn', parts: [server(data, names), t.createUnknown] }),
  DropletCreateLost: (data, names) => ({ tone: 'warn', parts: [server(data, names), t.createLost] }),
  StrayDropletFound: (data, names) => ({ tone: 'warn', parts: [server(data, names), t.strayFound(text(data, 'dropletRef'))] }),
  StraysRuledOut: (data, names) => ({ tone: 'quiet', parts: [server(data, names), t.straysRuledOut] }),
  DropletGone: (data, names) => ({ tone: 'quiet', parts: [server(data, names), t.dropletGone(text(data, 'dropletRef'))] }),
  AttemptCleared: (data, names) => ({ tone: 'quiet', parts: [server(data, names), t.attemptCleared] }),
  AgentSeen: (data, names) => ({ tone: 'quiet', parts: [t.agentOf, server(data, names), t.agentSeen] }),
  AgentFactsChanged: (data, names) => ({ tone: 'quiet', parts: [t.machineOf, server(data, names), t.machineChanged] }),
  AgentLabelled: (data, names) => ({ tone: 'quiet', parts: [t.agentOf, server(data, names), t.agentLabelled] }),
  AgentUpgradeRequested: (data, names) => ({ tone: 'quiet', parts: [t.agentOf, server(data, names), t.upgradeRequested] }),
  AgentUpgradeBegun: (data, names) => ({ tone: 'busy', parts: [t.agentOf, server(data, names), t.upgradeBegun] }),
  AgentUpgraded: (data, names) => ({ tone: 'good', parts: [t.agentOf, server(data, names), t.agentUpgraded(text(data, 'version'))] }),
  AgentUpgradeFailed: (data, names) => ({ tone: 'bad', parts: [t.agentOf, server(data, names), data['isReverted'] === true ? t.agentReverted : t.upgradeFailed, because(data)] }),
  AgentRetired: (data, names) => ({ tone: 'quiet', parts: [t.agentOf, server(data, names), t.agentRetired] }),
  ProjectCreated: (data) => ({ tone: 'quiet', parts: [t.projectCreated(text(data, 'name'))] }),
  UserCreated: (data, names) => ({ tone: 'quiet', parts: [t.userCreated(names.person(text(data, 'userId')) ?? t.somebody)] }),
  MembershipGranted: (data, names) => ({ tone: 'quiet', parts: [t.membershipGranted(names.person(text(data, 'userId')) ?? t.somebody, text(data, 'role'))] }),
  MembershipEnded: (data, names) => ({ tone: 'quiet', parts: [membershipEnd(data, names)] }),
  ProjectRenamed: (data) => ({ tone: 'quiet', parts: [t.projectRenamed(text(data, 'name'))] }),
  ServiceAccountCreated: (data) => ({ tone: 'quiet', parts: [t.serviceAccountCreated(text(data, 'name'), text(data, 'role'))] }),
  CredentialAdded: (data) => ({ tone: 'quiet', parts: [t.credentialAdded(text(data, 'name'))] }),
  CredentialTested: (data) => (data['problem'] === undefined ? { tone: 'good', parts: [t.credentialGood] } : { tone: 'bad', parts: [t.credentialBad] }),
  CredentialRotated: (data) => ({ tone: 'quiet', parts: [t.credentialRotated(text(data, 'tokenEnd'))] }),
  CredentialRefused: () => ({ tone: 'bad', parts: [t.credentialRefused] }),
  CredentialRemovalBegun: () => ({ tone: 'quiet', parts: [t.credentialRemovalBegun] }),
  CredentialRemovalStopped: () => ({ tone: 'warn', parts: [t.credentialRemovalStopped] }),
  QuotaChanged: (data) => ({ tone: 'quiet', parts: [t.quotaChanged(text(data, 'servers'), text(data, 'creationsPerHour'))] }),
  CredentialRemoved: () => ({ tone: 'quiet', parts: [t.credentialRemoved] }),
  DefaultCloudChosen: (data) => ({ tone: 'quiet', parts: [data['credentialId'] === null ? t.defaultCloudOfInstallation : t.defaultCloudChosen] }),
  ServiceAccountRemoved: () => ({ tone: 'quiet', parts: [t.serviceAccountRemoved] }),
  MemberInvited: (data) => ({ tone: 'quiet', parts: [t.memberInvited(text(data, 'role'))] }),
  InvitationAccepted: (data, names) => ({ tone: 'good', parts: [t.invitationAccepted(names.person(text(data, 'userId')) ?? t.somebody, text(data, 'role'))] }),
  SecondFactorReset: (data, names) => ({ tone: 'warn', parts: [t.factorReset(names.person(text(data, 'userId')) ?? t.somebody)] }),
  SecondFactorRequired: () => ({ tone: 'good', parts: [t.factorRequired] }),
  SecondFactorMadeOptional: () => ({ tone: 'warn', parts: [t.factorMadeOptional] }),
  RecoveryBegun: (data, names) => ({ tone: 'warn', parts: [t.recoveryBegun(names.person(text(data, 'userId')) ?? t.somebody)] }),
  RecoveryFinished: (data, names) => ({ tone: 'warn', parts: [t.recoveryFinished(names.person(text(data, 'userId')) ?? t.somebody)] }),
  IdentityLinked: (data, names) => ({ tone: 'quiet', parts: [(data['isAlone'] === true ? t.identityLinkedAlone : t.identityLinked)(names.person(text(data, 'userId')) ?? t.somebody)] }),
  InvitationEnded: (data) => ({ tone: 'quiet', parts: [INVITATION_ENDS.get(text(data, 'reason')) ?? t.invitationEnded.revoked] }),
  SubjectErased: () => ({ tone: 'quiet', parts: [t.addressForgotten] }),
  EnrolmentIssued: (data, names) => ({ tone: 'quiet', parts: [server(data, names), t.enrolmentIssued] }),
  EnrolmentRefused: (data, names) => ({ tone: 'bad', parts: [t.enrolmentRefused, server(data, names), because(data)] }),
  EnrolmentWithdrawn: (data, names) => ({ tone: 'quiet', parts: [t.tokenOf, server(data, names), t.enrolmentWithdrawn] }),
  AgentRevoked: (data, names) => ({ tone: 'warn', parts: [t.agentOf, server(data, names), t.agentRevoked, because(data)] }),
  AgentCloneSuspected: (data, names) => ({ tone: 'bad', parts: [t.agentOf, server(data, names), t.agentCloned] }),
  DeletionRequested: (data, names) => ({ tone: 'warn', parts: [server(data, names), t.deletionRequested] }),
  ActionRequested: (data, names) => ({ tone: 'busy', parts: [server(data, names), t.actionRequested(action(data))] }),
  ActionIntended: (data, names) => ({ tone: 'quiet', parts: [server(data, names), t.actionIntended] }),
  ActionPostponed: (data, names) => ({ tone: 'quiet', parts: [server(data, names), t.actionPostponed, because(data)] }),
  ActionUnknown: (data, names) => ({ tone: 'warn', parts: [server(data, names), t.actionUnknown] }),
  ActionLost: (data, names) => ({ tone: 'warn', parts: [server(data, names), t.actionLost] }),
  ActionStarted: (data, names) => ({ tone: 'busy', parts: [server(data, names), t.actionStarted] }),
  ActionSucceeded: (data, names) => ({ tone: 'good', parts: [server(data, names), t.actionSucceeded(action(data))] }),
  ActionFailed: (data, names) => ({ tone: 'bad', parts: [server(data, names), t.actionFailed(action(data)), because(data)] }),
  ActionCancelled: (data, names) => ({ tone: 'quiet', parts: [server(data, names), t.actionCancelled(action(data))] }),
  ServerRenamed: (data, names) => ({ tone: 'quiet', parts: [server(data, names), t.serverRenamed(text(data, 'name'))] }),
  ReenrolOpened: (data, names) => ({ tone: 'busy', parts: [t.agentOf, server(data, names), t.reenrolOpened(text(data, 'because'))] }),
  ProtectionChanged: (data, names) => ({ tone: 'quiet', parts: [server(data, names), data['isProtected'] === true ? t.isProtected : t.isUnprotected] }),
  MaintenanceChanged: (data, names) => ({ tone: 'quiet', parts: [server(data, names), data['isOn'] === true ? t.maintenanceBegan : t.maintenanceEnded, because(data)] }),
  PowerObserved: (data, names) => ({ tone: 'warn', parts: [server(data, names), t.powerObserved(text(data, 'power'))] }),
  MachineMissing: (data, names) => ({ tone: 'bad', parts: [server(data, names), t.machineMissing(text(data, 'dropletRef'))] }),
  GroupCreated: (data) => ({ tone: 'quiet', parts: [t.groupCreated(text(data, 'name'), Number(text(data, 'target')))] }),
  ScaleDecided: (data) => ({ tone: 'busy', parts: [t.scaleDecided(text(data, 'from'), text(data, 'to')), text(data, 'why') === '' ? '' : `: ${text(data, 'why')}`] }),
  GroupChanged: () => ({ tone: 'quiet', parts: [t.groupChanged] }),
  GroupPaused: () => ({ tone: 'quiet', parts: [t.groupPaused] }),
  GroupResumed: () => ({ tone: 'quiet', parts: [t.groupResumed] }),
  GroupDeletionRequested: (data) => ({ tone: 'busy', parts: [t.groupDeletionRequested(data['keepsServers'] === true)] }),
  GroupDeleted: () => ({ tone: 'quiet', parts: [t.groupDeleted] }),
  MemberRequested: (data, names) => ({ tone: 'busy', parts: [server(data, names), t.memberRequested] }),
  MemberJoined: (data, names) => ({ tone: 'good', parts: [server(data, names), t.memberJoined] }),
  MemberReleased: (data, names) => ({ tone: 'quiet', parts: [server(data, names), t.memberReleased(text(data, 'why'))] }),
  MemberLeft: (data, names) => ({ tone: 'quiet', parts: [server(data, names), t.leftGroup(text(data, 'as'))] }),
  OrderWithdrawn: () => ({ tone: 'quiet', parts: [t.orderWithdrawn] }),
  ServerAdmitted: (data, names) => ({ tone: 'quiet', parts: [server(data, names), t.serverAdmitted] }),
  ApiTokenCreated: (data, names) => ({ tone: 'quiet', parts: [t.apiTokenCreated(names.person(text(data, 'userId')) ?? t.somebody)] }),
  ApiTokenEnded: (data, names) => ({ tone: 'quiet', parts: [t.apiTokenEnded(names.person(text(data, 'userId')) ?? t.somebody)] }),
  MemberRefused: (data, names) => ({ tone: 'warn', parts: [server(data, names), t.memberRefused, because(data)] }),
  MemberFailed: (data, names) => ({ tone: 'bad', parts: [server(data, names), t.memberFailed, because(data)] }),
  GroupStalled: (data) => ({ tone: 'bad', parts: [t.groupStalled, because(data)] }),
  ServerDeleted: (data, names) => ({ tone: 'quiet', parts: [server(data, names), t.serverDeleted] }),
  AgentEnrolled: (data, names) => ({ tone: 'quiet', parts: [t.agentOf, server(data, names), t.agentEnrolled] }),
  AgentRegistered: (data, names) => ({ tone: 'quiet', parts: [t.agentOf, server(data, names), t.agentRegistered] }),
  AgentConnected: (data, names) => ({ tone: 'good', parts: [t.agentOf, server(data, names), t.agentConnected] }),
  RunCreated: (data) => ({ tone: 'quiet', parts: [t.runOf(text(data, 'action'), text(data, 'installer')), t.runCreated(countOf(data, 'serverIds'), text(data, 'filter'))] }),
  RunAdvanced: (data) => ({ tone: 'busy', parts: [t.runAdvanced(Number(text(data, 'upTo')))] }),
  RunServersHeld: (data, names) => ({ tone: 'quiet', parts: serversIn(data, names, t.runServersHeld) }),
  RunServersRefused: (data, names) => ({ tone: 'warn', parts: serversIn(data, names, t.runServersRefused) }),
  RunPaused: (data) => ({ tone: 'warn', parts: [t.runPaused, because(data)] }),
  RunResumed: () => ({ tone: 'busy', parts: [t.runResumed] }),
  RunAbortRequested: () => ({ tone: 'warn', parts: [t.runAborting] }),
  ScheduleCreated: (data) => ({ tone: 'quiet', parts: [t.scheduleCreated(text(data, 'name'), text(data, 'cron'), text(data, 'timeZone'))] }),
  ScheduleChanged: (data) => ({ tone: 'quiet', parts: [t.scheduleChanged(text(data, 'name'), text(data, 'cron'), text(data, 'timeZone'))] }),
  ScheduleFired: () => ({ tone: 'busy', parts: [t.scheduleFired] }),
  ScheduleMissed: (data) => ({ tone: 'warn', parts: [t.scheduleMissed(Number(text(data, 'count'))), because(data)] }),
  SchedulePaused: () => ({ tone: 'quiet', parts: [t.schedulePaused] }),
  ScheduleResumed: () => ({ tone: 'quiet', parts: [t.scheduleResumed] }),
  ScheduleDeleted: () => ({ tone: 'quiet', parts: [t.scheduleDeleted] }),
  WebhookCreated: (data) => ({ tone: 'quiet', parts: [t.webhookCreated(text(data, 'host'))] }),
  WebhookChanged: (data) => ({ tone: 'quiet', parts: [t.webhookChanged(text(data, 'host'))] }),
  WebhookPaused: (data) => ({ tone: text(data, 'reason') === '' ? 'quiet' : 'bad', parts: [t.webhookPaused, text(data, 'reason') === '' ? '' : `: ${text(data, 'reason')}`] }),
  WebhookResumed: () => ({ tone: 'quiet', parts: [t.webhookResumed] }),
  WebhookSecretRotated: () => ({ tone: 'quiet', parts: [t.webhookSecretRotated] }),
  WebhookDeleted: () => ({ tone: 'quiet', parts: [t.webhookDeleted] }),
  RunFinished: (data) => ({ tone: text(data, 'status') === 'succeeded' ? 'good' : 'bad', parts: [t.runFinished(text(data, 'status'), text(data, 'failed'), text(data, 'started'))] }),
  BundleRequested: (data) => ({ tone: 'quiet', parts: [t.bundleRequested(text(data, 'bundle'))] }),
  BundleStepHeld: (data, names) => ({ tone: 'warn', parts: [t.appOn(text(data, 'installer')), server(data, names), t.bundleStepHeld, because(data)] }),
  BundleStepBegun: (data, names) => ({ tone: 'busy', parts: [t.appOn(text(data, 'installer')), server(data, names), t.bundleStepBegun[text(data, 'how')] ?? t.appStepNext] }),
  BundleStepEnded: (data, names) => ({ tone: ['failed', 'cancelled'].includes(text(data, 'outcome')) ? 'bad' : 'good', parts: [t.appOn(text(data, 'installer')), server(data, names), t.bundleStepEnded[text(data, 'outcome')] ?? t.appStepNext, text(data, 'reason') === '' ? '' : `: ${text(data, 'reason')}`] }),
  BundleCancelRequested: () => ({ tone: 'warn', parts: [t.bundleCancelRequested] }),
  BundleRetried: () => ({ tone: 'busy', parts: [t.bundleRetried] }),
  BundleUninstallRequested: () => ({ tone: 'warn', parts: [t.bundleUninstallRequested] }),
  BundleFinished: (data) => ({ tone: ['installed', 'removed'].includes(text(data, 'status')) ? 'good' : 'bad', parts: [t.bundleFinished(text(data, 'status')), text(data, 'reason') === '' ? '' : `: ${text(data, 'reason')}`] }),
  AppChangeRequested: (data, names) => ({ tone: 'quiet', parts: [t.appOn(text(data, 'installer')), server(data, names), t.appChangeRequested(text(data, 'action'))] }),
  AppChangeAdvanced: (data, names) => ({ tone: text(data, 'step') === 'restore' ? 'warn' : 'busy', parts: [t.appOn(text(data, 'installer')), server(data, names), t.appStep[text(data, 'step')] ?? t.appStepNext, text(data, 'cause') === '' ? '' : `: ${text(data, 'cause')}`] }),
  AppChangeFinished: (data, names) => ({ tone: text(data, 'status') === 'changed' ? 'good' : 'bad', parts: [t.appOn(text(data, 'installer')), server(data, names), t.appEnd[text(data, 'status')] ?? t.appStepNext, text(data, 'reason') === '' ? '' : `: ${text(data, 'reason')}`] }),
  AppHealthChanged: (data, names) => ({ tone: text(data, 'health') === 'healthy' ? 'good' : 'bad', parts: [t.appOn(text(data, 'installer')), server(data, names), t.appHealth(text(data, 'health')), because(data)] }),
  JobQueued: (data, names) => ({ tone: 'quiet', parts: [job(data, names), t.jobQueued, server(data, names)] }),
  JobDispatched: (data, names) => ({ tone: 'busy', parts: [job(data, names), t.jobDispatched, server(data, names)] }),
  JobStarted: (data, names) => ({ tone: 'busy', parts: [job(data, names), t.jobStarted, server(data, names)] }),
  JobAttemptFailed: (data, names) => ({ tone: 'warn', parts: [t.attemptOf(text(data, 'attempt')), job(data, names), t.attemptFailed, server(data, names), because(data)] }),
  JobCancelRequested: (data, names) => ({ tone: 'warn', parts: [t.cancelOf, job(data, names), t.cancelRequested, server(data, names)] }),
  JobFinished: (data, names) => {
    const end = JOB_ENDS[text(data, 'status')] ?? { tone: 'quiet' as const, words: t.jobEnded };
    return { tone: end.tone, parts: [job(data, names), end.words, server(data, names), text(data, 'status') === 'succeeded' ? '' : because(data)] };
  },
};

/** `EnrolmentIssued` → `Enrolment issued`. */
export const wordsOf = (type: string): string => {
  const words = type.replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2').toLowerCase();
  return words.slice(0, 1).toUpperCase() + words.slice(1);
};

export const sentenceOf = (fact: Fact, names: Names): Sentence => {
  const teller = TELLERS[fact.type];
  const { tone, parts } = teller ? teller(fact.data, names)
    : { tone: 'quiet' as const, parts: fact.data['serverId'] ? [wordsOf(fact.type), t.on, server(fact.data, names)] : [wordsOf(fact.type)] };
  return { tone, parts: parts.filter((part) => part !== '') };
};

export const plainText = (parts: readonly Part[]): string => parts.map((part) => (typeof part === 'string' ? part : part.text)).join('');

export const actorOf = ({ actor }: Fact, names: Names): string => {
  if (actor.kind === 'user') return names.person(actor.id) ?? t.somebody;
  return actor.kind === 'agent' ? t.anAgent : actor.id;
};
