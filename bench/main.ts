/** `npm run bench`: every figure beside its peer or bare limit from the same run; the last line is for programs. */
import { benchLog } from './log.ts';
import { benchRequests } from './requests.ts';

const figures = [...(await benchLog()), ...(await benchRequests())];
const rows = [['what', 'unit', 'Citrus', 'peer', 'ratio', 'peer is'], ...figures.map(({ name, unit, ours, peer, ratio, peerName }) => [name, unit, String(ours), String(peer), ratio.toFixed(2), peerName])];
const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
for (const row of rows) process.stdout.write(`${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}\n`);
process.stdout.write(`RESULT ${JSON.stringify(figures)}\n`);
