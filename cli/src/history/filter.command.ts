/** Options that narrow down which events are meant; the same for every command that reads them. */
import { InvalidArgumentError, Option, type Command } from 'commander';
import { parseInstant } from './instant.ts';

export type FilterOptions = {
  readonly service?: string;
  readonly category?: string;
  readonly type?: readonly string[];
  readonly stream?: string;
  readonly about?: string;
  readonly actor?: string;
  readonly text?: string;
  readonly project?: string;
  readonly from?: string;
  readonly until?: string;
};

/** `--type A --type B,C` → A, B, C. */
const listed = (text: string, before: readonly string[] = []): readonly string[] => [...before, ...text.split(',').map((part) => part.trim()).filter(Boolean)];

export const wholeNumber = (most: number) => (text: string): number => {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < 1 || number > most) throw new InvalidArgumentError(`Write a whole number from 1 to ${most}.`);
  return number;
};

/** One kind of aggregate, or several with commas between them. */
const kinds = (text: string): string => {
  if (!/^\w+(?:,\w+)*$/.test(text)) throw new InvalidArgumentError('Write names with commas between them: server,job');
  return text;
};

export const instant = (text: string): string => parseInstant(text);

export const withFilters = (command: Command): Command =>
  command
    .addOption(new Option('--service <name>', 'only this log').choices(['auth', 'provisioning', 'agent-mgmt', 'metrics']))
    .option('--category <aggregates>', 'only these kinds of aggregates: server, or server,job,run', kinds)
    .addOption(new Option('--type <names>', 'only these types of event; may be repeated').argParser(listed))
    .option('--stream <stream>', 'only this stream: server-<id>')
    .option('--about <what>', 'only what concerns this: an id, server/<name>, job/<id>')
    .option('--actor <who>', 'only what this person, service or agent did: a whole id (of an agent agent-<server id>), which is fastest, part of one, or the kind')
    .option('--text <words>', 'only events with all these words in their type, stream or payload; capitals do not matter')
    .option('--project <id>', 'only those of this one of your projects')
    .option('--from <time>', 'only events of this time and later', instant)
    .option('--until <time>', 'only events before this time', instant);

export const TIMES = `
Times are UTC: 2026-11-21T10:00:00Z, 2026-11-21, now, today, yesterday, "yesterday 12:00", -2h, -30m, -7d.`;
