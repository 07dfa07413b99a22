/** What stands on some servers and happens there, in one call: the columns of a table of servers. */
import { z } from 'zod';
import { InstallerId, Instant, JobId, ProjectId, ServerId } from '../ids.ts';
import { InstallerAction } from '../installer/manifest.ts';
import { JobStatus } from '../jobs/job.ts';
import { defineRequest } from '../request.ts';
import { subjects } from '../subjects.ts';
import { AppHealth, AppState } from './app.ts';

/** As many as a page of servers has. */
export const MOST_SERVERS_ON_A_BOARD = 200;
export const BoardServerIds = z.array(ServerId).min(1).max(MOST_SERVERS_ON_A_BOARD);

export const BoardRow = z.object({
  serverId: ServerId,
  /** Without removed ones. */
  apps: z.array(z.object({ installer: InstallerId, version: z.string().nullable(), state: AppState, health: AppHealth })),
  /** The one that is at work, else the one whose turn is next. `percent`: as its script says. */
  job: z.object({ id: JobId, installer: InstallerId, action: InstallerAction, status: JobStatus, percent: z.number().nullable(), since: Instant }).nullable(),
  /** How many have not ended, that one among them. */
  openJobs: z.int().min(0),
  /** `canary`, `env=prod`; of its agent. */
  labels: z.array(z.string()),
});
export type BoardRow = z.infer<typeof BoardRow>;

/** Servers that the project does not have are left out. */
export const readBoard = defineRequest({
  subject: subjects.rpc('agent-mgmt', 'app', 'board'),
  input: z.strictObject({ projectId: ProjectId, serverIds: BoardServerIds }),
  reply: z.object({ items: z.array(BoardRow) }),
  access: { by: 'member', role: 'viewer' },
});
