/**
 * Read models as things to operate: see how far each has come, build one anew beside the one that people read, compare
 * the two, switch, and go back. A rebuild runs by itself once it was asked for; its progress stands in the list.
 */
import { z } from 'zod';
import { defineRequest } from './request.ts';
import { plainText } from './ids.ts';
import type { LoggedService } from './services.ts';
import { subjects } from './subjects.ts';

const Position = z.int().min(0);

/** A set of rows beside the ones that are read. */
const Generation = z.object({
  generation: z.int().min(1),
  version: z.int().min(1),
  /** The log up to here is in its rows. */
  position: Position,
  /** `building` until it has every row, `following` from then on. */
  state: z.enum(['building', 'following']),
});

export const ProjectionView = z.object({
  name: z.string(),
  /** Only these can be built anew: the others keep no rows of their own, and a replay would do their work twice. */
  hasRows: z.boolean(),
  version: z.int().min(1),
  /** Counts how often the rows were built; the one that is read. */
  generation: z.int().min(1),
  /**
   * `building`: this release's rows, beside those of an older one. `waiting`: for a newer release, whose event comes next.
   * `superseded`: a newer release has the rows now.
   */
  state: z.enum(['starting', 'building', 'running', 'retrying', 'waiting', 'paused', 'superseded']),
  /** What it is stuck at. */
  error: z.string().optional(),
  position: Position,
  head: Position,
  lag: Position,
  /** The rows that are being built, with what keeps them from it. */
  next: Generation.extend({ error: z.string().optional() }).optional(),
  /** The rows before the switch; kept up to date, so that a rollback shows the newest. */
  previous: Generation.optional(),
  paused: z.boolean(),
});
export type ProjectionView = z.infer<typeof ProjectionView>;

const Row = z.record(z.string(), z.unknown());
export const ProjectionVerification = z.object({
  /** Both were compared as they stood here. */
  position: Position,
  /** How many rows there are in either. */
  rows: z.int().min(0),
  /** How many of them differ, of which the first ones are shown, the rows of all projects. */
  different: z.int().min(0),
  differences: z.array(z.object({ key: z.array(z.string()), before: Row.nullable(), after: Row.nullable() })),
});
export type ProjectionVerification = z.infer<typeof ProjectionVerification>;

export const ProjectionNamed = z.strictObject({ name: plainText(100) });

const requestOf = <Input, Reply>(service: LoggedService, verb: string, { input, reply }: { input: z.ZodType<Input>; reply: z.ZodType<Reply> }) =>
  defineRequest({ subject: subjects.rpc(service, 'projections', verb), input, reply, access: { by: 'administrator' } });
const ofOne = { input: ProjectionNamed, reply: ProjectionView };

export const listProjectionsOf = (service: LoggedService) => requestOf(service, 'list', { input: z.strictObject({}), reply: z.object({ items: z.array(ProjectionView) }) });
/** Starts to build the rows beside; from the beginning, if it was at it. */
export const rebuildProjectionOf = (service: LoggedService) => requestOf(service, 'rebuild', ofOne);
/** Compares what is read with what was built, or with the rows before when nothing is being built. */
export const verifyProjectionOf = (service: LoggedService) => requestOf(service, 'verify', { input: ProjectionNamed, reply: ProjectionVerification });
/** Shows what was built; what was shown before is kept. */
export const switchProjectionOf = (service: LoggedService) => requestOf(service, 'switch', ofOne);
/** Shows what was shown before the switch; a second time takes the first one back. */
export const rollbackProjectionOf = (service: LoggedService) => requestOf(service, 'rollback', ofOne);
export const pauseProjectionOf = (service: LoggedService) => requestOf(service, 'pause', ofOne);
export const resumeProjectionOf = (service: LoggedService) => requestOf(service, 'resume', ofOne);
