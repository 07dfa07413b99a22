/** What the hub answers about history, checked where it comes in. */
import { EventEnvelope, LoggedService, LogProblem, LogVerification, ProjectionView, StateChange, StatePage, Subject } from '@citrus/contracts';
import { z } from 'zod';

export const FeedEvent = EventEnvelope.extend({ service: LoggedService });
export type FeedEvent = z.infer<typeof FeedEvent>;

export const EventPage = z.object({ items: z.array(FeedEvent), nextCursor: z.string().nullable(), liveCursor: z.string() });

const ofSubject = { of: Subject };
const StateItem = StatePage.shape.items.element.extend(ofSubject);
export type StateItem = z.infer<typeof StateItem>;
export const StateReply = z.object({ at: z.string(), vector: z.string(), items: z.array(StateItem), nextCursor: z.string().nullable() });

const Change = StateChange.extend(ofSubject);
export type Change = z.infer<typeof Change>;
export const DiffReply = z.object({ from: z.string(), to: z.string(), items: z.array(Change), nextCursor: z.string().nullable() });

export type Effect = { readonly event: FeedEvent; readonly effects: readonly Effect[] };
const Effect: z.ZodType<Effect> = z.object({ event: FeedEvent, get effects() { return z.array(Effect); } });
export const WhyReply = z.object({
  event: FeedEvent,
  causes: z.array(FeedEvent),
  effects: z.array(Effect),
  command: z.object({ id: z.string().nullable(), actor: EventEnvelope.shape.actor }),
  hidden: z.object({ causes: z.int(), effects: z.int() }),
  isCut: z.boolean(),
});
export type WhyReply = z.infer<typeof WhyReply>;

/** The last line of an answer that is not complete. */
export const ProblemLine = z.object({ problem: z.object({ status: z.int(), code: z.string(), detail: z.string() }) });

const VerifyResult = z.object({ service: LoggedService, ok: z.boolean(), position: z.int(), hash: z.string(), seals: LogVerification.shape.seals, problems: z.array(LogProblem) });
export type VerifyResult = z.infer<typeof VerifyResult>;
export const VerifyLine = z.union([z.object({ progress: z.object({ service: LoggedService, position: z.int(), head: z.int() }) }), z.object({ result: VerifyResult }), ProblemLine]);

export const Projection = ProjectionView.extend({ service: LoggedService });
export type Projection = z.infer<typeof Projection>;
export const ProjectionList = z.object({ items: z.array(Projection) });
