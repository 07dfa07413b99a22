/** What `install.sh` tells the agent: one JSON file, refused if it holds anything that is not known here. */
import { readFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { z } from 'zod';

const MIB = 1024 ** 2;
/** What a script leaves to the agent and to the rest of the machine. */
const memoryLeft = Math.max(96 * MIB, Math.min(1024 * MIB, totalmem() * 0.1));

/** What one job may use of this machine. */
const JobLimits = z.strictObject({
  /** Control groups, where the machine has them; without them memory and processes are not limited. */
  cgroups: z.boolean().default(true),
  memoryBytes: z.int().min(64 * MIB).default(Math.round(totalmem() - memoryLeft)),
  processes: z.int().min(16).max(1_000_000).default(4_096),
  /** A job that leaves less of the disk free is ended. */
  diskReserveBytes: z.int().min(0).default(128 * MIB),
});

export const AgentConfig = z.strictObject({
  /** Where the agent enrols, renews its credential and fetches installers. */
  hubUrl: z.url({ protocol: /^https?$/ }).transform((url) => url.replace(/\/+$/, '')),
  /** Holds the one-time enrolment token until it is used. */
  tokenFile: z.string().startsWith('/'),
  /** Keys, journal and applications; survives upgrades of the agent. */
  stateDir: z.string().startsWith('/'),
  logDir: z.string().startsWith('/'),
  /** Only where there is no machine of one's own: installers then keep below this folder. */
  prefix: z.string().startsWith('/').optional(),
  /** The address people reach this server at, if it is not the machine's first one. */
  serverAddress: z.string().min(1).max(64).optional(),
  /** Where clouds tell a machine its user data; looked at only when the keys of this agent are not let in any more. */
  userDataUrls: z.array(z.url({ protocol: /^http$/ })).default(['http://169.254.169.254/metadata/v1/user-data', 'http://169.254.169.254/hetzner/v1/userdata']),
  /** Agents that lost the broker together come back spread over this time, so that 500 a second suffice. */
  reconnectWindowMs: z.int().min(100).max(3_600_000).default(30_000),
  /** Nobody has answered a hello for so long, although there is a connection: the agent makes another one. */
  silenceMs: z.int().min(1_000).max(86_400_000).default(300_000),
  jobLimits: JobLimits.prefault({}),
});
export type AgentConfig = z.infer<typeof AgentConfig>;

/** @throws with a message for the person who installed the agent. */
export const readConfig = (file: string): AgentConfig => {
  let raw: unknown;
  try {
    raw = JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new Error(`cannot read the agent's configuration ${file}; run install.sh again`, { cause });
  }
  const parsed = AgentConfig.safeParse(raw);
  if (!parsed.success) throw new Error(`the agent's configuration ${file} is wrong:\n${z.prettifyError(parsed.error)}`);
  return parsed.data;
};
