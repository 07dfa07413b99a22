/**
 * What an agent and agent-mgmt say to each other. Agents only ever make requests on their own subjects; a command is a
 * doorbell: a signed command sent to `agent.<id>.cmd`, and sent again in the answer to `sync` until it is settled.
 */
import { z } from 'zod';
import { SigningKey } from '../auth/enrolment.ts';
import { AgentId, Digest, InstallerId, Instant, JobId, plainText } from '../ids.ts';
import { DeclaredOutput, InstallerAction, LONGEST_OUTPUT, MOST_OUTPUTS } from '../installer/manifest.ts';
import { defineRequest } from '../request.ts';
import { Pace } from './beats.ts';
import { AgentUpgrade } from './upgrade.ts';

/** Numbers that agents count with; a row's integer ends at 2^31, and one more must still fit. */
const Count = z.int().min(0).max(1_000_000_000);
const Ordinal = Count.min(1);

/** Facts about the machine, collected by the agent at its start. */
export const Facts = z.object({
  hostname: plainText(255),
  os: plainText(128),
  arch: plainText(32),
  kernel: plainText(128),
  cpus: z.int().min(1).max(4096),
  memoryBytes: z.int().nonnegative(),
  addresses: z.array(plainText(64)).max(32),
  /** False where installers that need a real machine cannot run (no systemd). */
  systemd: z.boolean(),
  agentVersion: plainText(64),
  nodeVersion: plainText(64),
  /** This system and the ones it descends from (`ubuntu`, `debian`), and its version (`24.04`). */
  osFamilies: z.array(plainText(32)).max(16).optional(),
  osVersion: plainText(32).optional(),
  /** Rounded down, and without short-lived ports, so that these change seldom: each change is an event. */
  diskFreeBytes: z.int().nonnegative().optional(),
  listeningPorts: z.array(z.int().min(1).max(65_535)).max(1000).optional(),
  /** What is mounted from a disk, without what systems keep for themselves; rounded like the free space above. */
  disks: z.array(z.object({ mount: plainText(255), sizeBytes: z.int().nonnegative(), freeBytes: z.int().nonnegative() })).max(32).optional(),
  /** Of the system's own package manager; `upgradable` where the system has counted them by itself. */
  packages: z.object({ installed: z.int().nonnegative(), upgradable: z.int().nonnegative().optional() }).optional(),
  /** The system says that it wants to be restarted. */
  needsRestart: z.boolean().optional(),
  /** Of the program that runs; absent where it cannot be changed by a command. */
  agentDigest: Digest.optional(),
});
export type Facts = z.infer<typeof Facts>;

/** What a backup was when it was made. It stays on its server, under the id of the job that made it. */
export const BackupMade = z.object({ id: z.uuid(), digest: Digest, bytes: z.int().min(0) });
export type BackupMade = z.infer<typeof BackupMade>;
/** The backup that a `restore` is about; the agent reads it again and compares before any script sees it. */
export const BackupToRestore = z.strictObject({
  ...BackupMade.shape,
  /** Only find out whether it could be restored; change nothing. */
  check: z.boolean(),
});
export type BackupToRestore = z.infer<typeof BackupToRestore>;

/** What a command is about; the signature covers all of it (see `canonicalJson`). */
export const RunJob = z.strictObject({
  type: z.literal('run-job'),
  commandId: z.uuid(),
  agentId: AgentId,
  jobId: JobId,
  attempt: Ordinal,
  installer: InstallerId,
  installerVersion: z.string(),
  /** Of the bundle; the agent fetches it from the hub, hashes what it opened and runs what it hashed. */
  installerDigest: Digest,
  action: InstallerAction,
  /** Plain inputs by id. */
  inputs: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  /** Sensitive inputs: JSON of the same shape, sealed to the agent's box key; empty if there are none. */
  sealedInputs: z.string(),
  /** Of a `restore`. Only agents that have reported a backup are sent one. */
  backup: BackupToRestore.optional(),
  timeoutSeconds: z.int().min(1).max(86_400),
  notBefore: Instant,
  expiresAt: Instant,
});
export const CancelJob = z.strictObject({
  type: z.literal('cancel-job'), commandId: z.uuid(), agentId: AgentId, jobId: JobId, attempt: Ordinal, notBefore: Instant, expiresAt: Instant,
});
/** Asks for log chunks that never arrived; answered with `LogChunk`s in the reply. */
export const ReadLog = z.strictObject({
  type: z.literal('read-log'), commandId: z.uuid(), agentId: AgentId, jobId: JobId, attempt: Ordinal, fromSeq: Ordinal, toSeq: Ordinal, notBefore: Instant, expiresAt: Instant,
});
export const Ping = z.strictObject({ type: z.literal('ping'), commandId: z.uuid(), agentId: AgentId, notBefore: Instant, expiresAt: Instant });
/**
 * The keys to check commands with from now on, all of them; signed with one that the agent knows already, so that nobody
 * on the way can add one. An agent takes no set that was issued before the one it has.
 */
export const TrustKeys = z.strictObject({
  type: z.literal('trust-keys'), commandId: z.uuid(), agentId: AgentId, keys: z.array(SigningKey).min(1).max(16), issuedAt: Instant, notBefore: Instant, expiresAt: Instant,
});
export const AgentCommand = z.discriminatedUnion('type', [RunJob, CancelJob, ReadLog, Ping, TrustKeys, AgentUpgrade]);
export type AgentCommand = z.infer<typeof AgentCommand>;
export type RunJob = z.infer<typeof RunJob>;
/** What `RunJob.sealedInputs` is bound to (the `aad` of the box); a job and its retries share one seal. */
export const sealedInputsPlace = (agentId: string): string => `citrus-inputs-v1\n${agentId}`;

/** `signature` is Ed25519 (base64url) over `citrus-command-v1\n` + `command`, which is canonical JSON of an AgentCommand. */
export const SignedCommand = z.strictObject({ keyId: z.string().max(64), command: z.string().max(400_000), signature: z.string().max(128) });
export type SignedCommand = z.infer<typeof SignedCommand>;
export const commandSigningInput = (command: string): string => `citrus-command-v1\n${command}`;

/** The agent's answer to a doorbell: it has it (also: it had it already), or it refuses and says why. */
export const CommandReply = z.discriminatedUnion('outcome', [
  z.object({ outcome: z.literal('accepted') }),
  z.object({ outcome: z.literal('refused'), code: plainText(128), reason: plainText(1024) }),
  z.object({ outcome: z.literal('log'), chunks: z.array(z.object({
    seq: Ordinal, at: Instant, text: z.string(),
    /** The agent had no room for it any more; the text of the first such piece says so, the others are empty. */
    gone: z.boolean().optional(),
  })) }),
]);
export type CommandReply = z.infer<typeof CommandReply>;

const envelope = { agentId: AgentId, sentAt: Instant };

/** Hello and "what is open for me?" in one; sent at every connect and every few minutes. */
export const syncAgent = defineRequest({
  subject: 'agent.*.sync',
  /**
   * `keyIds`: which command keys it knows; an agent that does not say so takes them at its next renewal. Facts that were told
   * before may be named by the digest of their canonical JSON; who has others answers that it `wantsFacts`.
   */
  input: z.object({ ...envelope, facts: Facts.optional(), factsDigest: Digest.optional(), bootId: plainText(128), keyIds: z.array(plainText(64)).max(32).optional() }),
  reply: z.object({ commands: z.array(SignedCommand), serverTime: Instant, pace: Pace.optional(), wantsFacts: z.boolean().optional() }),
  access: { by: 'agent' },
});

const attempt = { ...envelope, jobId: JobId, attempt: Ordinal };

export const reportJobStarted = defineRequest({ subject: 'agent.*.report.job-started', input: z.object({ ...attempt, at: Instant }), reply: z.object({}), access: { by: 'agent' } });

export const JobOutcome = z.enum(['succeeded', 'failed', 'timed_out', 'cancelled', 'lost', 'refused']);
export const JobOutputs = z.record(DeclaredOutput.shape.name, plainText(LONGEST_OUTPUT)).refine((outputs) => Object.keys(outputs).length <= MOST_OUTPUTS, `at most ${MOST_OUTPUTS} outputs`);
export type JobOutputs = z.infer<typeof JobOutputs>;

export const reportJobFinished = defineRequest({
  subject: 'agent.*.report.job-finished',
  input: z.object({
    ...attempt,
    outcome: JobOutcome,
    exitCode: z.int().min(-1).max(255).nullable(),
    reason: plainText(1024).optional(),
    /** Of a `backup` that succeeded: what the agent read back from its disk. */
    backup: BackupMade.omit({ id: true }).optional(),
    /** Values that the script hands on, from its `::output NAME value` lines; none of them is a secret. */
    outputs: JobOutputs.optional(),
    /** How many log chunks there were and the SHA-256 (hex) over their texts, so that a lost one is noticed. */
    logChunks: Count,
    logDigest: z.string().regex(/^[0-9a-f]{64}$/),
    at: Instant,
  }),
  reply: z.object({}),
  access: { by: 'agent' },
});

/**
 * The agent was given a command that it does not obey; told to whoever rang, and here, because that may have been a
 * stranger. The job is only named where the command came in the answer to `sync`, and its end is then decided by this.
 */
export const reportCommandRefused = defineRequest({
  subject: 'agent.*.report.command-refused',
  input: z.object({ ...envelope, code: plainText(128), reason: plainText(1024), at: Instant, jobId: JobId.optional(), attempt: Ordinal.optional() }),
  reply: z.object({}),
  access: { by: 'agent' },
});

/** On `agent.<id>.log.<jobId>`: output of an attempt, numbered from 1. `progress` comes from `::progress` lines. */
export const LogChunk = z.object({
  agentId: AgentId, jobId: JobId, attempt: Ordinal, seq: Ordinal, at: Instant,
  text: z.string().max(65_536),
  progress: z.object({ percent: z.number().min(0).max(100), text: z.string().max(512) }).optional(),
});
export type LogChunk = z.infer<typeof LogChunk>;
