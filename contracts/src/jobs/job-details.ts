/** Everything about how a job ran: the exact script, its variables, and each attempt. */
import { z } from 'zod';
import { JobOutcome } from '../agent/messages.ts';
import { Digest, InstallerId, Instant, JobId, ProjectId } from '../ids.ts';
import { InstallerAction } from '../installer/manifest.ts';
import { defineRequest } from '../request.ts';
import { subjects } from '../subjects.ts';

export const JobScript = z.object({
  /** Its place in the installer's folder. */
  path: z.string(),
  text: z.string(),
  /** False for a script that is longer than what is answered; the bundle has all of it. */
  isWhole: z.boolean(),
  digest: Digest,
});

/** One variable of the script's environment; nothing else of the server's is handed on. */
export const JobVariable = z.object({
  name: z.string(),
  /** Null for a secret, and for what only the server knows. */
  value: z.string().nullable(),
  by: z.enum(['input', 'secret', 'agent']),
});
export type JobVariable = z.infer<typeof JobVariable>;

export const JobAttempt = z.object({
  attempt: z.int().positive(),
  commandId: z.uuid(),
  dispatchedAt: Instant, startedAt: Instant.nullable(), endedAt: Instant.nullable(),
  /** How it ended, or null while it has not. */
  outcome: z.union([JobOutcome, z.enum(['expired'])]).nullable(),
  exitCode: z.int().nullable(),
  /** The signal that an exit code above 128 stands for. */
  signal: z.string().nullable(),
  reason: z.string().nullable(),
  /** When it is tried again. */
  retryAt: Instant.nullable(),
});
export type JobAttempt = z.infer<typeof JobAttempt>;

export const JobDetails = z.object({
  jobId: JobId, installer: InstallerId, installerVersion: z.string(), installerDigest: Digest, action: InstallerAction,
  /** Null when this version of the installer is not kept any more, or has no such script. */
  script: JobScript.nullable(),
  /** All files of that version. */
  files: z.array(z.object({ path: z.string(), bytes: z.int().min(0) })),
  variables: z.array(JobVariable),
  attempts: z.array(JobAttempt),
  timeoutSeconds: z.int(),
  /** What led to it and what it led to carries the same. */
  correlationId: z.string(),
});
export type JobDetails = z.infer<typeof JobDetails>;

export const readJobDetails = defineRequest({
  subject: subjects.rpc('agent-mgmt', 'job', 'details'),
  input: z.strictObject({ projectId: ProjectId, jobId: JobId }),
  reply: JobDetails,
  access: { by: 'member', role: 'viewer' },
});
