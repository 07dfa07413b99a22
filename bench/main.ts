/** `npm run bench [-- <suite> [<part>]]`: every figure beside its peer or bare limit from the same run; a suite's last line is for programs. */
import { benchAgent } from './agent.ts';
import { benchEventStore } from './event-store/index.ts';
import { benchFleet } from './fleet.ts';
import { benchHub } from './hub.ts';
import { benchLifecycle } from './lifecycle.ts';
import type { Part, Row } from './measure.ts';
import { benchRequests } from './requests.ts';
import { benchTrust } from './trust.ts';

const SUITES: Readonly<Record<string, (part?: string) => Promise<Part>>> = { 'event-store': benchEventStore, requests: benchRequests, trust: benchTrust, lifecycle: benchLifecycle, agent: benchAgent, fleet: benchFleet, hub: benchHub };

const cellsOf = ({ name, unit, ours, peer, ratio, peerName }: Row): string[] => [name, unit, String(ours), peer === undefined ? '' : String(peer), ratio?.toFixed(2) ?? '', peerName ?? ''];

const print = (rows: readonly Row[]): void => {
  const lines = [['what', 'unit', 'Citrus', 'peer', 'ratio', 'peer is'], ...rows.map(cellsOf)];
  const widths = lines[0]?.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0))) ?? [];
  for (const line of lines) process.stdout.write(`${line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ').trimEnd()}\n`);
};

const [wanted, part] = process.argv.slice(2);
if (wanted !== undefined && !(wanted in SUITES)) {
  process.stderr.write(`There is no suite ${wanted}. Suites: ${Object.keys(SUITES).join(', ')}.\n`);
  process.exit(2);
}
for (const [suite, run] of Object.entries(SUITES)) {
  if (wanted !== undefined && wanted !== suite) continue;
  const { rows, metrics } = await run(part);
  print(rows);
  process.stdout.write(`RESULT ${JSON.stringify({ suite, metrics })}\n`);
}
