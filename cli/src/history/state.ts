import type { Subject } from '@citrus/contracts';
import { openApi, type Api } from '../api/api.ts';
import { CliFailure, EXIT, usageFailure } from '../failure.ts';
import { tableOf } from '../output/table.ts';
import { printable, processTerminal, type Terminal } from '../output/terminal.ts';
import { shownInstant } from './instant.ts';
import { momentIn } from './moment.ts';
import { StateReply, type StateItem } from './replies.ts';
import type { StateOptions } from './state.command.ts';
import { parseWhat, serverIdOf, type What } from './what.ts';

/** One thing or all of a kind: what has a state. */
export const thingOf = async (api: Api, text: string, note: (line: string) => void): Promise<{ of: Subject; id?: string }> => {
  const what: What = parseWhat(text);
  if (what.kind === 'all') return { of: what.of };
  if (what.kind === 'thing') return { of: what.of, id: what.of === 'server' ? await serverIdOf(api, what.id, note) : what.id };
  throw usageFailure(`${text} has no state`, 'Ask for server/<name or id>, job/<id>, agent/<id>, run/<id>, schedule/<id>, bundle/<id>, servers, jobs, agents, runs, schedules or bundles.');
};

/** What one looks at first; everything else is in `--json`. */
const COLUMNS: Readonly<Record<StateItem['of'], readonly string[]>> = {
  server: ['name', 'status', 'region', 'size', 'ipAddress', 'createdAt', 'id', 'note'],
  job: ['installer', 'action', 'status', 'attempt', 'exitCode', 'createdAt', 'id', 'serverId', 'reason'],
  agent: ['id', 'serverId', 'connectedAt', 'updatedAt'],
  run: ['installer', 'action', 'filter', 'status', 'begun', 'createdAt', 'finishedAt', 'id', 'reason'],
  schedule: ['name', 'cron', 'timeZone', 'status', 'nextDueAt', 'lastRunId', 'missed', 'id'],
  bundle: ['bundle', 'version', 'status', 'attempt', 'createdAt', 'finishedAt', 'id', 'reason'],
};

const INSTANT = /^\d{4}-\d{2}-\d{2}T[\d:.]+Z$/;

export const shownValue = (value: unknown): string => {
  if (value === null || value === undefined) return '-';
  if (typeof value === 'string') return INSTANT.test(value) ? shownInstant(value) : value;
  return JSON.stringify(value);
};

/** A place in a log is no time. */
export const shownMoment = (moment: string): string => (INSTANT.test(moment) ? `${shownInstant(moment)} UTC` : moment);

const oneThing = ({ state }: StateItem): string => {
  const width = Math.max(...Object.keys(state).map(({ length }) => length));
  return Object.entries(state).map(([key, value]) => `${printable(key).padEnd(width)}  ${printable(shownValue(value))}`).join('\n');
};

const fleet = (items: readonly StateItem[], of: StateItem['of'], terminal: Terminal): string =>
  tableOf(COLUMNS[of].map((name) => name.toUpperCase()), items.map(({ state }) => COLUMNS[of].map((name) => shownValue(state[name]))), terminal);

/** All pages of what one moment holds. */
const readAll = async (api: Api, query: { of: string; id?: string; at: string }) => {
  const items: StateItem[] = [];
  let cursor: string | undefined;
  for (;;) {
    const page = await api.json({ path: '/api/history/state', query: { ...query, limit: 1000, cursor } }, StateReply);
    items.push(...page.items);
    // The first page says which position that moment was; the others must mean the same one.
    if (page.nextCursor === null) return { at: query.at, vector: page.vector, items };
    cursor = page.nextCursor;
  }
};

export const state = async (text: string, options: StateOptions): Promise<void> => {
  const terminal = processTerminal();
  parseWhat(text);
  const api = openApi();
  const thing = await thingOf(api, text, terminal.note);
  const moment = options.at ?? new Date().toISOString();
  const { at, vector, items } = await readAll(api, { ...thing, at: momentIn(thing.of, moment) });
  const [first] = items;
  if (thing.id !== undefined && !first) {
    throw new CliFailure(`${text} was not there at ${shownMoment(moment)}`, { exit: EXIT.failed, code: 'state.empty', advice: `See when it came: citrus history show ${text}` });
  }
  if (options.json) return terminal.out(JSON.stringify({ at, vector, items }));
  terminal.note(`${thing.id === undefined ? `${items.length} ${text}` : text} at ${shownMoment(at)} (${vector})`);
  if (first) await terminal.out(thing.id === undefined ? fleet(items, first.of, terminal) : oneThing(first));
};
