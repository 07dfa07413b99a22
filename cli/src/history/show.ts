import { type Api, openApi } from '../api/api.ts';
import { CliFailure, EXIT, usageFailure } from '../failure.ts';
import { processTerminal, type Terminal } from '../output/terminal.ts';
import { eventTable, wholeEvent } from './event-lines.ts';
import { eventsOf } from './events.ts';
import { isNarrowed } from './filter.ts';
import type { FeedEvent } from './replies.ts';
import type { ShowOptions } from './show.command.ts';
import { aboutOf, eventAt, parseWhat, serverIdOf, type What } from './what.ts';

const one = async (event: FeedEvent, options: ShowOptions, terminal: Terminal): Promise<void> => terminal.out(options.json ? JSON.stringify(event) : wholeEvent(event, terminal));

const nothing = (what: string, options: ShowOptions): CliFailure =>
  isNarrowed(options)
    ? new CliFailure(`nothing about ${what} passes all filters`, { exit: EXIT.failed, code: 'history.empty', advice: `See what there is, with the names of its types: citrus history show ${what}` })
    : new CliFailure(`there is nothing about ${what}, or nothing that you may see`, { exit: EXIT.failed, code: 'history.empty', advice: 'See what happened lately: citrus history tail' });

/** What to ask for, so that a thing comes with everything that concerns it. */
const narrowingOf = async (api: Api, what: Exclude<What, { kind: 'place' }>, terminal: Terminal): Promise<{ stream: string } | { about: string } | { category: string }> => {
  switch (what.kind) {
    case 'stream': return { stream: what.stream };
    case 'id': return { about: what.id };
    case 'all': return { category: what.of };
    case 'thing': return what.of === 'server' ? { about: await serverIdOf(api, what.id, terminal.note) } : { stream: `${what.of}-${what.id}` };
  }
};

const eventsAbout = async (api: Api, what: Exclude<What, { kind: 'place' }>, { options, terminal }: { options: ShowOptions; terminal: Terminal }): Promise<FeedEvent[]> => {
  const narrowing = await narrowingOf(api, what, terminal);
  const about = options.about === undefined ? undefined : await aboutOf(api, options.about, terminal.note);
  for (const key of ['stream', 'about', 'category'] as const) {
    if (key in narrowing && options[key] !== undefined) throw usageFailure(`--${key} says something else than what is to be shown`, `Leave --${key} out, or use citrus history tail with filters alone.`);
  }
  const filter = { ...options, ...(about !== undefined && { about }), ...narrowing };
  const events: FeedEvent[] = [];
  for await (const event of eventsOf(api, { filter, direction: 'forward', ...(options.limit && { limit: options.limit }) })) events.push(event);
  // A bare id may also be that of an event.
  return events.length === 0 && what.kind === 'id' ? [await eventAt(api, what)] : events;
};

export const show = async (text: string, options: ShowOptions): Promise<void> => {
  const what = parseWhat(text);
  const terminal = processTerminal();
  const api = openApi();
  if (what.kind === 'place') return one(await eventAt(api, what), options, terminal);
  const events = await eventsAbout(api, what, { options, terminal });
  const [only] = events;
  if (!only) throw nothing(text, options);
  if (what.kind === 'id' && only.id === what.id) return one(only, options, terminal);
  if (!options.json) return terminal.out(eventTable(events, terminal));
  for (const event of events) await terminal.out(JSON.stringify(event));
};
