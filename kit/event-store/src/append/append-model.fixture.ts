/** What `append_many` must answer and write, said as simply as possible: one request after the other, in memory. */
import type { EncodedAppend } from './append-request.ts';
import type { Verdict } from './append-many.store.ts';

type Stream = { version: number; isArchived: boolean };
export type ModelEvent = { readonly position: number; readonly stream: string; readonly version: number; readonly id: string };

export const createModel = () => {
  const streams = new Map<string, Stream>();
  const commands = new Map<string, { version: number; position: number }>();
  const events: ModelEvent[] = [];

  const isExpected = (expected: number, version: number): boolean => (expected === -2 ? version > 0 : expected === -1 || expected === version);

  const judge = ({ stream, commandId, expected }: EncodedAppend): Verdict['verdict'] => {
    const { version, isArchived } = streams.get(stream) ?? { version: 0, isArchived: false };
    if (commands.has(`${commandId} ${stream}`)) return 'duplicate';
    if (isArchived) return 'archived';
    return isExpected(expected, version) ? 'ok' : 'wrong-version';
  };

  const take = ({ stream, commandId, archives, events: added }: EncodedAppend): { version: number; position: number } => {
    let version = streams.get(stream)?.version ?? 0;
    for (const { id } of added) events.push({ position: events.length + 1, stream, version: (version += 1), id });
    streams.set(stream, { version, isArchived: archives });
    const result = { version, position: events.length };
    commands.set(`${commandId} ${stream}`, result);
    return result;
  };

  /** Only what an append that was taken or is a duplicate is told about positions is a promise. */
  const append = (set: readonly EncodedAppend[]): Pick<Verdict, 'verdict'>[] => {
    const judgements = set.map(judge);
    const isTaken = judgements.every((judgement) => judgement === 'ok');
    return set.map((request, index) => {
      const judgement = judgements[index] ?? 'ok';
      if (judgement === 'ok') return isTaken ? { verdict: 'ok', ...take(request) } : { verdict: 'held-back' };
      return judgement === 'duplicate' ? { verdict: judgement, ...commands.get(`${request.commandId} ${request.stream}`) } : { verdict: judgement };
    });
  };

  return { append, events, streams };
};
