import { openApi } from '../api/api.ts';
import { usageFailure } from '../failure.ts';
import { processTerminal } from '../output/terminal.ts';
import { eventLine } from './event-lines.ts';
import { eventPages } from './events.ts';
import { matches } from './filter.ts';
import { followLive } from './follow.ts';
import type { FeedEvent } from './replies.ts';
import type { TailOptions } from './tail.command.ts';
import { aboutOf } from './what.ts';

export const tail = async (options: TailOptions): Promise<void> => {
  if (options.follow && options.until !== undefined) throw usageFailure('--follow and --until exclude each other', 'Leave --until out to follow, or -f to see what was.');
  const terminal = processTerminal();
  const api = openApi();
  const filter = { ...options, ...(options.about !== undefined && { about: await aboutOf(api, options.about, terminal.note) }) };
  const tell = (event: FeedEvent) => terminal.out(options.json ? JSON.stringify(event) : eventLine(event, terminal));

  const latest: FeedEvent[] = [];
  let liveCursor: string | undefined;
  for await (const page of eventPages(api, { filter, direction: 'backward', limit: options.limit })) {
    // That of the first page: what happened while we read further back comes by the stream.
    liveCursor ??= page.liveCursor;
    latest.push(...page.items);
  }
  for (const event of latest.toReversed()) await tell(event);
  if (latest.length === 0) terminal.note(options.follow ? 'citrus: nothing yet; waiting for what happens' : 'citrus: there are no such events');
  if (!options.follow || liveCursor === undefined) return;
  for await (const event of followLive(api, { after: liveCursor, note: terminal.note })) if (matches(event, filter)) await tell(event);
};
