import { openApi } from '../api/api.ts';
import { startProgress } from '../output/progress.ts';
import { processTerminal } from '../output/terminal.ts';
import { eventLine } from './event-lines.ts';
import { eventsOf } from './events.ts';
import type { GrepOptions } from './grep.command.ts';
import { matcherOf, wordsOf } from './pattern.ts';
import type { FeedEvent } from './replies.ts';
import { aboutOf } from './what.ts';

const searchedOf = ({ type, stream, actor, data, id }: FeedEvent): string => [type, stream, actor.id, id, wordsOf(data)].join('\n');

export const grep = async (text: string, options: GrepOptions): Promise<void> => {
  const isFound = matcherOf(text, options.ignoreCase === true);
  const terminal = processTerminal();
  const api = openApi();
  const filter = { ...options, ...(options.about !== undefined && { about: await aboutOf(api, options.about, terminal.note) }) };
  const progress = startProgress('searching');
  let [searched, found] = [0, 0];
  for await (const event of eventsOf(api, { filter, direction: 'forward' })) {
    progress.at((searched += 1), undefined, `${found} found`);
    if (!isFound(searchedOf(event))) continue;
    progress.end();
    await terminal.out(options.json ? JSON.stringify(event) : eventLine(event, terminal));
    if ((found += 1) === options.limit) break;
  }
  progress.end();
  if (found === 0) terminal.note(`citrus: nothing found in ${searched} events`);
};
