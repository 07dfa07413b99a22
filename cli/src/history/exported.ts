/** All events that pass a filter, in one stream. What breaks off goes on after the last event that came, so nothing is missing or doubled. */
import { formatVector, LOGGED_SERVICES, type LogVector } from '@citrus/contracts';
import { setTimeout as pause } from 'node:timers/promises';
import type { Api } from '../api/api.ts';
import { parseReply } from '../api/http.ts';
import { CliFailure, EXIT } from '../failure.ts';
import type { FilterOptions } from './filter.command.ts';
import { isWanted, queryOf } from './filter.ts';
import { FeedEvent, ProblemLine } from './replies.ts';

const PATH = '/api/history/export';
const MOST_VAIN_TRIES = 5;
const PAUSE_MS = 1000;

/** Undefined: the line is an event. */
const problemIn = (line: string): CliFailure | undefined => {
  if (!line.startsWith('{"problem"')) return undefined;
  const { problem: { status, code, detail } } = parseReply(ProblemLine, line, PATH);
  const exit = status === 401 || status === 429 || status >= 502 ? EXIT.unavailable : EXIT.failed;
  return new CliFailure(`the export broke off: ${detail}`, { exit, code, advice: 'Run it again; nothing was written.' });
};

export type ExportedEvent = { readonly event: FeedEvent; readonly line: string };

/** @param after where to begin in each log; it is moved along with what comes */
export async function* exportedEvents(api: Api, filter: FilterOptions, after: LogVector = {}): AsyncGenerator<ExportedEvent> {
  let vainTries = 0;
  for (;;) {
    try {
      for await (const line of api.lines({ path: PATH, query: { ...queryOf(filter), after: formatVector(after) || undefined }, isTriedOnce: true })) {
        const problem = problemIn(line);
        if (problem) throw problem;
        const event = parseReply(FeedEvent, line, PATH);
        if (isWanted(event, filter)) yield { event, line };
        after[event.service] = event.position;
        vainTries = 0;
      }
      return;
    } catch (error) {
      // A session that ends in the middle is renewed by the next request.
      if (!(error instanceof CliFailure && error.exit === EXIT.unavailable) || (vainTries += 1) > MOST_VAIN_TRIES) throw error;
      await pause(PAUSE_MS * vainTries);
    }
  }
}

/** How far along an unfiltered reading is: positions passed of all. */
export const passedOf = (vector: LogVector): number => LOGGED_SERVICES.reduce((sum, service) => sum + (vector[service] ?? 0), 0);
