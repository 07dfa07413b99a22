import { openApi, type Api } from '../api/api.ts';
import { usageFailure } from '../failure.ts';
import { tableOf } from '../output/table.ts';
import { processTerminal } from '../output/terminal.ts';
import type { DiffOptions } from './diff.command.ts';
import { momentIn } from './moment.ts';
import { DiffReply, type Change } from './replies.ts';
import { shownMoment, shownValue, thingOf } from './state.ts';
import { parseWhat } from './what.ts';

const isInstant = (moment: string): boolean => moment.endsWith('Z');

type Row = readonly [mark: string, thing: string, field: string, before: string, after: string];

const nameOf = ({ id, before, after }: Change): string => {
  const { name } = after ?? before ?? {};
  return typeof name === 'string' ? name : id;
};

/** The words carry it: a mark, and a dash where there was nothing. */
const rowsOf = (change: Change): Row[] => {
  const thing = `${change.of} ${nameOf(change)}`;
  if (!change.before) return [['+', thing, '', '', `came: ${shownValue(change.after?.['status'] ?? change.id)}`]];
  if (!change.after) return [['-', thing, '', `was: ${shownValue(change.before['status'] ?? change.id)}`, '']];
  return change.changes.map(({ path, before, after }): Row => ['~', thing, path, shownValue(before), shownValue(after)]);
};

const readAll = async (api: Api, query: { of: string; id?: string; from: string; to: string }) => {
  const items: Change[] = [];
  let cursor: string | undefined;
  for (;;) {
    const page = await api.json({ path: '/api/history/diff', query: { ...query, limit: 1000, cursor } }, DiffReply);
    items.push(...page.items);
    if (page.nextCursor === null) return items;
    cursor = page.nextCursor;
  }
};

export const diff = async (text: string, options: DiffOptions): Promise<void> => {
  const terminal = processTerminal();
  const { from, to = new Date().toISOString() } = options;
  parseWhat(text);
  if (isInstant(from) && isInstant(to) && from > to) throw usageFailure(`--from (${shownMoment(from)}) is later than --to (${shownMoment(to)})`, 'Swap them.');
  const api = openApi();
  const thing = await thingOf(api, text, terminal.note);
  const items = await readAll(api, { ...thing, from: momentIn(thing.of, from), to: momentIn(thing.of, to) });
  if (options.json) return terminal.out(JSON.stringify({ from, to, items }));
  terminal.note(`${text} from ${shownMoment(from)} to ${shownMoment(to)}: ${items.length === 0 ? 'nothing changed' : `${items.length} changed`}`);
  if (items.length > 0) await terminal.out(tableOf(['', 'WHAT', 'FIELD', 'BEFORE', 'AFTER'], items.flatMap(rowsOf), terminal));
};
