/**
 * Servers that are there already: no cloud makes them (provider `none`); they join when somebody runs one printed command
 * on them. The command holds a one-time token, which is told once, to whoever asked for it.
 */
import { z } from 'zod';
import { Instant, JobId, ProjectId, ServerId } from '../ids.ts';
import { defineRequest } from '../request.ts';
import { subjects } from '../subjects.ts';
import { Server, ServerSpec } from './server.ts';

/** What people say about a server that is there already. */
export const JoinSpec = z.strictObject({ name: ServerSpec.shape.name, tags: ServerSpec.shape.tags });
export type JoinSpec = z.infer<typeof JoinSpec>;

/** A token is open: until `endsAt` the server waits for its agent. A later attempt makes the tokens before it void. */
export const JoinOpened = z.object({ serverId: ServerId, attempt: z.int().positive(), endsAt: Instant, at: Instant });

/** The server, and what to run on its machine until `endsAt`. The command is a secret until it was used. */
export const JoinInvitation = z.object({ server: Server, command: z.string(), endsAt: Instant });
export type JoinInvitation = z.infer<typeof JoinInvitation>;

/** Idempotent by the job: the same job gets the same server and the same command again, as long as it is good. */
export const joinServer = defineRequest({
  subject: subjects.rpc('provisioning', 'server', 'join'),
  input: z.strictObject({ projectId: ProjectId, serverId: ServerId, jobId: JobId, spec: JoinSpec }),
  reply: JoinInvitation,
  access: { by: 'member', role: 'operator' },
});

/** A new command for a server that waits, or whose machine is to join anew; the one before, and the agent that came by it, become void. */
export const renewJoinToken = defineRequest({
  subject: subjects.rpc('provisioning', 'server', 'renew-join-token'),
  input: z.strictObject({ projectId: ProjectId, serverId: ServerId }),
  reply: JoinInvitation,
  access: { by: 'member', role: 'operator' },
});
