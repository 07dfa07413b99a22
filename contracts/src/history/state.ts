/**
 * Read models as they were: the state of one thing or of all at an instant, and what changed between two. A state has
 * the shape that the live API shows.
 */
import { z } from 'zod';
import { Instant, plainText, ProjectId, ServerId, Token } from '../ids.ts';
import { defineRequest } from '../request.ts';
import type { LoggedService } from '../services.ts';
import { subjects } from '../subjects.ts';

export const Subject = z.enum(['server', 'job', 'agent', 'run', 'schedule', 'bundle']);
export type Subject = z.infer<typeof Subject>;

/** Whose log tells about them. */
export const SERVICE_OF_SUBJECT: Readonly<Record<Subject, LoggedService>> = { server: 'provisioning', job: 'agent-mgmt', agent: 'agent-mgmt', run: 'agent-mgmt', schedule: 'agent-mgmt', bundle: 'agent-mgmt' };

/** A point in one log: an instant means the last event until then, itself included. */
export const LogPoint = z.union([z.strictObject({ instant: Instant }), z.strictObject({ position: z.int().min(0) })]);
export type LogPoint = z.infer<typeof LogPoint>;

const asked = {
  of: Subject,
  /** One of them; without it all that the reader may see, in the order of their ids. */
  id: Token.optional(),
  /** Only those of this one of the reader's projects … */
  projectId: ProjectId.optional(),
  /** … and on this server, for jobs and agents. */
  serverId: ServerId.optional(),
  cursor: plainText(512).optional(),
  limit: z.int().min(1).max(1000).default(200),
};

const State = z.record(z.string(), z.unknown());
/** Which position that was, and when it was appended; null before the first event. */
const Point = z.object({ position: z.int().min(0), at: Instant.nullable() });

export const StateRead = z.strictObject({ ...asked, at: LogPoint });
export type StateRead = z.infer<typeof StateRead>;
export const StatePage = z.object({ point: Point, items: z.array(z.object({ id: z.string(), state: State })), nextCursor: z.string().nullable() });
export type StatePage = z.infer<typeof StatePage>;

export const readStateOf = (service: LoggedService) =>
  defineRequest({ subject: subjects.rpc(service, 'history', 'state'), input: StateRead, reply: StatePage, access: { by: 'member', role: 'analyst' } });

/** `path` is dotted; lists are compared as a whole, and what is not there is null. */
export const FieldChange = z.object({ path: z.string(), before: z.unknown(), after: z.unknown() });
export type FieldChange = z.infer<typeof FieldChange>;

/** `before: null`: it was not there yet; `after: null`: it is not there any more. */
export const StateChange = z.object({ id: z.string(), before: State.nullable(), after: State.nullable(), changes: z.array(FieldChange) });
export type StateChange = z.infer<typeof StateChange>;

export const DiffRead = z.strictObject({ ...asked, from: LogPoint, to: LogPoint });
export type DiffRead = z.infer<typeof DiffRead>;
export const DiffPage = z.object({ from: Point, to: Point, items: z.array(StateChange), nextCursor: z.string().nullable() });
export type DiffPage = z.infer<typeof DiffPage>;

export const readDiffOf = (service: LoggedService) =>
  defineRequest({ subject: subjects.rpc(service, 'history', 'diff'), input: DiffRead, reply: DiffPage, access: { by: 'member', role: 'analyst' } });
