/**
 * What led to an event and what came of it, over all logs. Each event names the one that caused it; here those names are
 * followed, up to the person or service whose command began it all, and down as a tree. What is not the reader's to see
 * is passed through and counted, so that the chain does not break, but nothing of it is told.
 */
import { EventEnvelope, type LinkedEvent, type LinksRead, type LoggedService } from '@citrus/contracts';
import { z } from 'zod';
import { FeedEventShape } from '../event/log-reader.ts';
import { compareEvents, type FeedEvent } from '../event/merge.ts';

export type Effect = { readonly event: FeedEvent; readonly effects: Effect[] };
const EffectShape: z.ZodType<Effect> = z.object({ event: FeedEventShape, get effects() { return z.array(EffectShape); } });

export const Why = z.object({
  event: FeedEventShape,
  /** The nearest first; the last one began it. */
  causes: z.array(FeedEventShape),
  effects: z.array(EffectShape),
  /** The command that began it, as far as the reader may see, and who gave it. */
  command: z.object({ id: z.string().nullable(), actor: EventEnvelope.shape.actor }),
  /** Events in between and behind that belong to other projects. */
  hidden: z.object({ causes: z.int(), effects: z.int() }),
  /** There are more effects than are shown. */
  isCut: z.boolean(),
});
export type Why = z.infer<typeof Why>;

export type Found = LinkedEvent & { readonly service: LoggedService };
/** Asks every log; ids are of any of them. */
export type ReadLinks = (asked: Pick<LinksRead, 'ids' | 'causedBy'>) => Promise<{ readonly found: readonly Found[]; readonly isCut: boolean }>;
export type Limits = { readonly deepest: number; readonly most: number };

const ASK_AT_ONCE = 100;
const isId = (text: string | null): text is string => z.uuid().safeParse(text).success;
const feedEventOf = ({ service, event }: Found): FeedEvent | undefined => (event ? { service, ...event } : undefined);

/** Nearest first; a chain that bites its own tail ends there. */
const causesOf = async (read: ReadLinks, start: Found, { deepest }: Limits): Promise<Found[]> => {
  const chain: Found[] = [];
  const seen = new Set([start.id]);
  for (let id = start.causationId; isId(id) && !seen.has(id) && chain.length < deepest; ) {
    seen.add(id);
    const { found } = await read({ ids: [id], causedBy: [] });
    const [cause] = found;
    if (!cause) break;
    chain.push(cause);
    id = cause.causationId;
  }
  return chain;
};

const effectsOf = async (read: ReadLinks, start: Found, { deepest, most }: Limits) => {
  const effects: Effect[] = [];
  /** Where what an event caused is shown: under itself, or under the nearest event above it that may be seen. */
  const under = new Map<string, Effect[]>([[start.id, effects]]);
  let [isCut, hidden] = [false, 0];
  let level = [start.id];
  for (let depth = 0; level.length > 0 && !isCut; depth += 1) {
    if (depth === deepest) return { effects, hidden, isCut: true };
    const next: string[] = [];
    for (let from = 0; from < level.length; from += ASK_AT_ONCE) {
      const answer = await read({ ids: [], causedBy: level.slice(from, from + ASK_AT_ONCE) });
      isCut ||= answer.isCut;
      for (const found of answer.found) {
        const parent = under.get(found.causationId ?? '');
        if (!parent || under.has(found.id)) continue;
        if (under.size > most) return { effects, hidden, isCut: true };
        const event = feedEventOf(found);
        const effect = event && { event, effects: [] };
        if (effect) parent.push(effect);
        else hidden += 1;
        under.set(found.id, effect?.effects ?? parent);
        next.push(found.id);
      }
    }
    level = next;
  }
  return { effects, hidden, isCut };
};

const inOrder = (effects: Effect[]): Effect[] => effects.sort((a, b) => compareEvents(a.event, b.event)).map(({ event, effects: below }) => ({ event, effects: inOrder(below) }));

/** Undefined: there is no such event for this reader. */
export const explain = async (read: ReadLinks, eventId: string, limits: Limits): Promise<Why | undefined> => {
  const { found } = await read({ ids: [eventId], causedBy: [] });
  const start = found.find(({ event }) => event);
  const event = start && feedEventOf(start);
  if (!start || !event) return undefined;
  const [chain, { effects, hidden, isCut }] = await Promise.all([causesOf(read, start, limits), effectsOf(read, start, limits)]);
  const causes = chain.flatMap((cause) => feedEventOf(cause) ?? []);
  const first = chain.findLast((cause) => cause.event) ?? start;
  return {
    event, causes, effects: inOrder(effects),
    command: { id: first.commandId, actor: (first.event ?? event).actor },
    hidden: { causes: chain.length - causes.length, effects: hidden },
    isCut,
  };
};
