/** What the hub answers about history, checked where it comes in. */
import { EventEnvelope, FieldChange, LogProblem, LoggedService, Subject } from '@citrus/contracts';
import { z } from 'zod';

export const FeedEvent = EventEnvelope.extend({ service: LoggedService });
export type FeedEvent = z.infer<typeof FeedEvent>;

export const EventPage = z.object({ items: z.array(FeedEvent), nextCursor: z.string().nullable(), liveCursor: z.string() });

const State = z.record(z.string(), z.unknown());
const Item = z.object({ of: Subject, id: z.string(), state: State });
export type StateItem = z.infer<typeof Item>;
export const StateReply = z.object({ at: z.string(), vector: z.string(), items: z.array(Item), nextCursor: z.string().nullable() });
export type StateReply = z.infer<typeof StateReply>;

const Change = z.object({ of: Subject, id: z.string(), before: State.nullable(), after: State.nullable(), changes: z.array(FieldChange) });
export type Change = z.infer<typeof Change>;
export const DiffReply = z.object({ from: z.string(), to: z.string(), items: z.array(Change), nextCursor: z.string().nullable().optional() });

export type Effect = { readonly event: FeedEvent; readonly effects: readonly Effect[] };
const Effect: z.ZodType<Effect> = z.object({ event: FeedEvent, get effects() { return z.array(Effect); } });
export const WhyReply = z.object({ event: FeedEvent, causes: z.array(FeedEvent), effects: z.array(Effect), command: z.object({ id: z.string().nullable(), actor: EventEnvelope.shape.actor }) });
export type WhyReply = z.infer<typeof WhyReply>;

const VerifyResult = z.object({
  service: LoggedService,
  ok: z.boolean(),
  position: z.int(),
  hash: z.string(),
  seals: z.object({ checked: z.int(), lastSigned: z.int() }),
  problems: z.array(LogProblem),
});
export type VerifyResult = z.infer<typeof VerifyResult>;
export const VerifyLine = z.union([
  z.object({ progress: z.object({ service: LoggedService, position: z.int(), head: z.int() }) }),
  z.object({ result: VerifyResult }),
  z.object({ problem: z.object({ code: z.string(), detail: z.string().optional(), message: z.string().optional() }) }),
]);

export const Projection = z.object({
  service: z.string(),
  name: z.string(),
  version: z.int(),
  generation: z.int(),
  state: z.string(),
  position: z.int(),
  head: z.int(),
  lag: z.int(),
  next: z.object({ position: z.int(), state: z.string() }).optional(),
  previous: z.object({ position: z.int() }).optional(),
  paused: z.unknown().optional(),
});
export type Projection = z.infer<typeof Projection>;
export const ProjectionList = z.object({ items: z.array(Projection) });
export const ProjectionVerification = z.object({ position: z.int(), rows: z.int(), differences: z.array(z.object({ key: z.unknown(), before: z.unknown(), after: z.unknown() })) });
