/**
 * From what somebody asked for to a queued job: everything that can be known before is checked now, in words that say
 * what to do. The installer's digest is fixed here; a later reload does not change what was asked for.
 */
import { checkInputs, isSensitive, plainLine, type AgentId, type BackupToRestore, type Installer, type InputValue, type InstallerAction, type InstallerId, type JobId, type JobPriority, type ProjectId, type RunId, type Machine, type RefusedInstaller, type ServerId, type Sources } from '@citrus/contracts';
import { NotFound, Refusal, type Clock, type Scope } from '@citrus/kit-domain';
import type { AgentRow, AgentStore } from '../agent/agent.store.ts';
import type { InstalledAppsStore } from '../installer/installed-apps.store.ts';
import type { InstallerRegistry } from '../installer/installer-registry.ts';
import { machineOf, refuseUnmet, requirementsOf, sourcesOn, unmetOf } from '../installer/server-check.ts';
import { jobDecider, reusedKey, type JobState } from './job.decider.ts';
import type { QueuedJob } from './job.events.ts';
import type { JobSecrets, Secrets } from './job-secrets.ts';

export type AskedJob = {
  readonly projectId: ProjectId; readonly jobId: JobId; readonly serverId: ServerId; readonly installer: InstallerId; readonly action: InstallerAction;
  readonly inputs: Readonly<Record<string, unknown>>; readonly priority: JobPriority; readonly runId?: RunId | undefined;
  readonly after?: readonly JobId[] | undefined; readonly waitMinutes?: number | undefined;
  /** Requirements to go on without. */
  readonly ignore?: readonly string[] | undefined;
  /** Of a restore. */
  readonly backup?: BackupToRestore | undefined;
};
/** A retry takes its inputs from the first job, whatever they were. */
export type RepeatedJob = Omit<AskedJob, 'inputs' | 'runId' | 'after' | 'waitMinutes' | 'ignore'> & Partial<Pick<AskedJob, 'inputs'>>;
type Target = Pick<AskedJob, 'projectId' | 'serverId'>;
export type QueueParts = { readonly registry: InstallerRegistry; readonly agents: AgentStore; readonly apps: InstalledAppsStore; readonly secrets: JobSecrets; readonly clock: Clock };

/** Their scripts may be killed and run again from the start, whatever the manifest says of its `install`. */
const REPEATABLE: readonly InstallerAction[] = ['backup', 'restore', 'health'];
/** How long a job waits for its server to be reachable, unless somebody says otherwise. */
const WAITS_MINUTES = 24 * 60;

/** It is kept with every server of a run that waits for the mending, and a file may be called anything. */
const LONGEST_FAULT = 500;
const faultOf = ({ file, line, reason }: RefusedInstaller): string => `${file}${line === null ? '' : ` line ${line}`}: ${reason}`;

export const findInstaller = (registry: InstallerRegistry, id: string, action: InstallerAction): Installer => {
  const installer = registry.find(id);
  if (!installer) {
    const refused = registry.list().refused.find(({ folder }) => folder === id);
    throw new Refusal('installer.unknown', refused ? `The installer "${id}" has a fault and cannot be run: ${plainLine(faultOf(refused), LONGEST_FAULT)}.` : `There is no installer "${id}". The list of installers shows which there are.`);
  }
  const offered = ['install', ...Object.keys(installer.scripts)];
  if (!offered.includes(action)) throw new Refusal('action.not_offered', `${installer.name} does not offer "${action}"; it offers: ${offered.join(', ')}.`);
  return installer;
};

const findAgent = async (agents: AgentStore, scope: Scope, { projectId, serverId }: Target): Promise<AgentRow> => {
  const server = await agents.findServer(scope, serverId);
  if (server?.project_id !== projectId) throw new NotFound('server.unknown', 'There is no such server in this project.');
  if (server.status !== 'known') throw new Refusal('server.deleted', 'This server is being deleted or gone; it takes no more jobs.');
  const agent = await agents.find(scope, server.agent_id);
  if (!agent || agent.status === 'retired' || agent.facts === null) throw new Refusal('server.not_ready', "The server's agent has not reported in yet. Wait until the server is active, then try again.");
  return agent;
};

type Checked = { readonly agent: AgentRow; readonly sources: Sources; readonly machine: Machine };
export type CheckParts = Pick<QueueParts, 'agents' | 'apps'>;

/** Hundreds of rows, which hardly any installer asks for. */
const choosesServers = ({ inputs }: Installer): boolean => JSON.stringify(inputs).includes('@servers');

/** What is known of a server that jobs can be asked for. @throws Refusal | NotFound */
export const lookAtServer = async ({ agents, apps }: CheckParts, scope: Scope, target: Target, installer: Installer): Promise<Checked> => {
  const agent = await findAgent(agents, scope, target);
  const [installed, servers] = await Promise.all([apps.on(scope, target.serverId), choosesServers(installer) ? apps.otherServers(scope, target) : []]);
  return { agent, machine: machineOf(agent, installed), sources: sourcesOn(installer, agent, { apps: installed, servers }) };
};

/** Whether anything can be asked for there at all: the installer is there, and the server's agent has reported in. @throws Refusal | NotFound */
export const checkReady = async ({ registry, agents }: Pick<QueueParts, 'registry' | 'agents'>, scope: Scope, asked: Target & Pick<AskedJob, 'installer' | 'action'>): Promise<void> => {
  findInstaller(registry, asked.installer, asked.action);
  await findAgent(agents, scope, asked);
};

/** Whether the installer may run there, as far as can be known before. @throws Refusal | NotFound */
export const checkServer = async (parts: CheckParts, scope: Scope, target: Target & Pick<AskedJob, 'inputs' | 'action'>, installer: Installer): Promise<void> => {
  const { machine, sources } = await lookAtServer(parts, scope, target, installer);
  const { plain: values } = splitInputs(installer, target, sources);
  refuseUnmet(installer, unmetOf(requirementsOf(installer, machine, { action: target.action, values }), []));
};

/** Above this, plain answers are packed with the secrets: an event holds 256 KiB, and in JSON a text may take six times its size. */
const LARGEST_PLAIN_BYTES = 100_000;
const LARGE_TEXT = 4096;
/** What is left of an event for answers. */
const LARGEST_INPUTS_BYTES = 240_000;

const bytesOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));

export const splitInputs = (installer: Installer, { action, inputs }: Pick<AskedJob, 'action' | 'inputs'>, sources: Sources = { versions: installer.versions }): { plain: Record<string, InputValue>; secrets: Secrets } => {
  const { values, problems } = checkInputs(installer.inputs, inputs, { action, sources });
  if (problems.length > 0) {
    const fields = problems.map(({ path, message }) => ({ path: `inputs.${path}`, message }));
    throw new Refusal('inputs.invalid', `Some inputs are not right: ${problems.map(({ path, message }) => `${path} ${message}`).join('; ')}.`, fields);
  }
  const secretIds = new Set(installer.inputs.filter(isSensitive).map(({ id }) => id));
  const isPacked = bytesOf(values) > LARGEST_PLAIN_BYTES;
  const isSealed = ([id, value]: [string, InputValue]): boolean => secretIds.has(id) || (isPacked && typeof value === 'string' && value.length > LARGE_TEXT);
  const pick = (wanted: boolean) => Object.fromEntries(Object.entries(values).filter((entry) => isSealed(entry) === wanted));
  return { plain: pick(false), secrets: pick(true) };
};

const refuseTooMuch = (plain: Record<string, InputValue>, sealed: string): void => {
  const bytes = bytesOf(plain) + sealed.length;
  if (bytes > LARGEST_INPUTS_BYTES) throw new Refusal('inputs.too_large', `All answers together take ${Math.ceil(bytes / 1024)} KiB, and a job holds ${Math.floor(LARGEST_INPUTS_BYTES / 1024)} KiB. Give less, and let the script fetch the rest.`);
};

export const prepareJob = async ({ registry, agents, apps, secrets, clock }: QueueParts, scope: Scope, asked: AskedJob): Promise<QueuedJob> => {
  const installer = findInstaller(registry, asked.installer, asked.action);
  const { agent, machine, sources } = await lookAtServer({ agents, apps }, scope, asked, installer);
  const inputs = splitInputs(installer, asked, sources);
  refuseUnmet(installer, unmetOf(requirementsOf(installer, machine, { action: asked.action, values: inputs.plain }), asked.ignore ?? []));
  const { projectId, jobId, serverId, action, priority, runId, backup, after = [], waitMinutes = WAITS_MINUTES } = asked;
  if (action === 'restore' && !backup) throw new Refusal('backup.not_named', 'A restore needs to know which backup. Restore the app from the list of its backups instead.');
  const now = clock();
  const sealedInputs = await secrets.seal(jobId, inputs.secrets);
  refuseTooMuch(inputs.plain, sealedInputs);
  return {
    jobId, projectId, serverId, agentId: agent.agent_id as AgentId,
    installer: installer.id, installerVersion: installer.version, installerDigest: installer.digest, action,
    inputs: inputs.plain, sealedInputs, timeoutSeconds: installer.timeout_seconds, priority, idempotent: installer.idempotent || REPEATABLE.includes(action),
    expiresAt: new Date(now.getTime() + waitMinutes * 60_000).toISOString(), at: now.toISOString(), ...(runId && { runId }), ...(backup && { backup }), ...(after.length > 0 && { after: [...after] }),
  };
};

/**
 * A job id comes from an Idempotency-Key, so the same one must mean the same request. Only the installer that the job
 * was queued with can tell what the inputs came to; when it has changed since, they are taken to be the same.
 */
export const refuseOtherRequest = async ({ registry, secrets }: QueueParts, known: Exclude<JobState, { status: 'unknown' }>, asked: RepeatedJob): Promise<void> => {
  const { projectId, serverId, installer: id, action, priority } = asked;
  const installer = registry.find(id);
  const { jobId, sealedInputs } = known.job;
  const inputs = asked.inputs && installer?.digest === known.job.installerDigest ? splitInputs(installer, { action, inputs: asked.inputs }) : undefined;
  jobDecider.decide({ type: 'QueueJob', data: { ...known.job, projectId, serverId, installer: id, action, priority, ...(inputs && { inputs: inputs.plain }) } }, known);
  if (inputs && !(await secrets.areSame(jobId, sealedInputs, inputs.secrets))) throw reusedKey();
};
