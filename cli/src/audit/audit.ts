import { AuditRecord, pageOf } from '@citrus/contracts';
import { openApi, type Api } from '../api/api.ts';
import { tableOf } from '../output/table.ts';
import { processTerminal } from '../output/terminal.ts';
import type { AuditOptions } from './audit.command.ts';

const LARGEST_PAGE = 200;
const Page = pageOf(AuditRecord);

/** @throws CliFailure when the hub refuses */
export async function* entriesOf(api: Pick<Api, 'json'>, { actor, action, outcome, from, until, installation, limit }: AuditOptions): AsyncGenerator<AuditRecord> {
  let cursor: string | undefined;
  for (let left = limit; left > 0; ) {
    const query = { actor, action, outcome, from, to: until, cursor, limit: Math.min(left, LARGEST_PAGE) };
    const page = await api.json({ path: installation ? '/api/audit/installation' : '/api/audit', query }, Page);
    yield* page.items;
    left -= page.items.length;
    if (page.nextCursor === null) return;
    cursor = page.nextCursor;
  }
}

const idsOf = (target: AuditRecord['target']): string => Object.entries(target).map(([name, id]) => `${name}=${id}`).join(' ');

/** An entry as a line for people. */
export const rowOf = (entry: AuditRecord): string[] => [
  entry.at.replace('T', ' ').replace(/\.\d+Z$/, ''),
  entry.outcome + (entry.count > 1 ? ` ×${entry.count}` : ''),
  entry.actor ? `${entry.actor.kind} ${entry.actor.id}` : '-',
  entry.address ?? entry.network ?? '-',
  entry.action,
  idsOf(entry.target) || '-',
  entry.code ?? entry.reason ?? '',
];

const HEAD = ['TIME (UTC)', 'OUTCOME', 'WHO', 'FROM', 'ACTION', 'ABOUT', 'WHY'];

const nothingLike = ({ installation }: AuditOptions): string =>
  `No entry of the audit is like that. ${installation ? 'Leave filters out: citrus audit --installation' : 'Leave filters out; sign-ins and strangers belong to no project: citrus audit --installation'}`;

export const showAudit = async (options: AuditOptions): Promise<void> => {
  const terminal = processTerminal();
  const entries: AuditRecord[] = [];
  for await (const entry of entriesOf(openApi(), options)) {
    if (options.json) await terminal.out(JSON.stringify(entry));
    else entries.push(entry);
  }
  if (options.json) return;
  if (entries.length === 0) terminal.note(nothingLike(options));
  await terminal.out(tableOf(HEAD, entries.map(rowOf), terminal));
};
