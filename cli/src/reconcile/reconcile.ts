import { FleetReport, RepairedFinding } from '@citrus/contracts';
import { openApi, type Api } from '../api/api.ts';
import { CliFailure, EXIT, usageFailure } from '../failure.ts';
import { tableOf } from '../output/table.ts';
import { printable, processTerminal, type Terminal } from '../output/terminal.ts';
import type { ReconcileOptions } from './reconcile.command.ts';

type Hands = { readonly api: Api; readonly terminal: Terminal };
const hands = (): Hands => ({ api: openApi(), terminal: processTerminal() });

const DOES: Readonly<Record<string, string>> = { remove: 'being removed', destroy: 'destroy', 'mark-failed': 'mark failed', accept: 'accept', retag: 'put tags back' };

const show = async (report: FleetReport, { terminal }: Hands): Promise<void> => {
  const { findings, counts, problems, ranAt } = report;
  if (ranAt === null) return terminal.out('Nothing was compared yet. Run citrus reconcile without --last.');
  for (const { text } of problems) terminal.note(`A cloud could not be listed, so nothing in it was compared: ${printable(text)}`);
  if (counts) terminal.note(`${counts.machines} machines and ${counts.servers} servers were compared at ${ranAt}.`);
  if (findings.length === 0) return terminal.out('All is as it should be.');
  const rows = findings.map(({ id, isConfirmed, firstSeenAt, repair, text }) => [id, isConfirmed ? 'yes' : 'not yet', firstSeenAt.slice(0, 16).replace('T', ' '), repair === null ? 'by hand' : (DOES[repair] ?? repair), text]);
  await terminal.out(tableOf(['FINDING', 'CONFIRMED', 'SINCE', 'REPAIR', 'WHAT'], rows, terminal));
};

const repair = async (finding: string, options: ReconcileOptions, { api, terminal }: Hands): Promise<void> => {
  const path = `/api/reconcile${options.installation ? '/installation' : ''}/${encodeURIComponent(finding)}/repair`;
  const repaired = await api.json({ method: 'POST', path, body: options.machine === undefined ? {} : { machineRef: options.machine } }, RepairedFinding);
  await terminal.out(options.json ? JSON.stringify(repaired) : printable(repaired.done));
};

/** @throws CliFailure with exit code 5 where something was found, after it was told */
export const reconcile = async (options: ReconcileOptions, io = hands()): Promise<void> => {
  if (options.repair !== undefined) return repair(options.repair, options, io);
  if (options.machine !== undefined) throw usageFailure('--machine says which machine --repair is to destroy', 'Say --repair <finding> too.');
  const path = options.installation ? '/api/reconcile/installation' : '/api/reconcile';
  const report = await io.api.json({ method: options.last ? 'GET' : 'POST', path }, FleetReport);
  if (options.json) await io.terminal.out(JSON.stringify(report));
  else await show(report, io);
  const count = report.findings.length;
  if (count > 0) throw new CliFailure(count === 1 ? 'something is not as it should be' : `${count} things are not as they should be`, { exit: EXIT.found, code: 'reconcile.found', advice: 'Put right what can be: citrus reconcile --repair <finding>' });
};
