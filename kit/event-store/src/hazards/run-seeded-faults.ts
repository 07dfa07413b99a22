/**
 * Shows that tests notice what they are for: takes one guard after the other out of the sources (in memory only) and
 * runs the test that must go red then. Run by `npm test -- --only seeded-faults`; names as arguments run only these.
 * Red when a test stays green, does not run, or a guard's text is no longer where the list says.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withFault } from './seeded-fault.ts';
import { SEEDED_FAULTS, type SeededFault } from './seeded-faults.ts';

const AT_ONCE = 2;
/** A guard that is missing may also mean that something never happens; nobody waits for it longer than this. */
const TEST_TIMEOUT_MS = 120_000;
const root = fileURLToPath(new URL('../../../..', import.meta.url));

type Report = { readonly testResults: readonly { readonly assertionResults: readonly { readonly fullName: string; readonly status: string; readonly failureMessages?: readonly string[] }[]; readonly message?: string }[] };
type Verdict = { readonly isCaught: boolean; readonly words: string };

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

const runSpec = async ({ name, spec, test }: SeededFault, report: string): Promise<string> => {
  const args = ['run', '--project', spec.endsWith('.int.spec.ts') ? 'int' : 'unit', '--fsModuleCache=false', `--testTimeout=${TEST_TIMEOUT_MS}`, '--reporter=json', `--outputFile.json=${report}`, spec, '-t', `^${escaped(test)}$`];
  const child = spawn(join(root, 'node_modules', '.bin', 'vitest'), args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, CITRUS_SEEDED_FAULT: name } });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output = (output + chunk.toString()).slice(-4000)));
  await once(child, 'exit');
  return output;
};

const judge = ({ test }: SeededFault, report: string, output: string): Verdict => {
  let results: Report['testResults'];
  try {
    results = (JSON.parse(readFileSync(report, 'utf8')) as Report).testResults;
  } catch {
    return { isCaught: false, words: `the spec did not run:\n${output}` };
  }
  const run = results.flatMap(({ assertionResults }) => assertionResults).find(({ fullName, status }) => fullName === test.replaceAll(' > ', ' ') && status !== 'skipped' && status !== 'pending');
  if (!run) return { isCaught: false, words: `no such test ran: ${test}\n${results.map(({ message }) => message ?? '').join('\n')}` };
  // A slow machine notices nothing either.
  if (run.failureMessages?.some((message) => message.includes('Test timed out'))) return { isCaught: false, words: `did not end: ${test}` };
  return run.status === 'failed' ? { isCaught: true, words: run.failureMessages?.[0]?.split('\n')[0]?.slice(0, 140) ?? '' } : { isCaught: false, words: `stays green without it: ${test}` };
};

const seed = async (fault: SeededFault, folder: string): Promise<boolean> => {
  const startedAt = performance.now();
  const report = join(folder, `${fault.name}.json`);
  // Before anything runs: a test that fails because the guard cannot be found has noticed nothing.
  withFault(fault, join(root, fault.file), readFileSync(join(root, fault.file), 'utf8'));
  const { isCaught, words } = judge(fault, report, await runSpec(fault, report));
  process.stdout.write(`${isCaught ? 'caught ' : 'MISSED '} ${fault.name} (${fault.guard}), ${((performance.now() - startedAt) / 1000).toFixed(0)} s: ${words}\n`);
  return isCaught;
};

const named = process.argv.slice(2);
const waiting = SEEDED_FAULTS.filter(({ name }) => named.length === 0 || named.includes(name));
const folder = mkdtempSync(join(tmpdir(), 'citrus-faults-'));
const missed: string[] = [];
const work = async (): Promise<void> => {
  for (let fault = waiting.shift(); fault; fault = waiting.shift()) {
    const isCaught = await seed(fault, folder).catch((error: unknown) => (process.stdout.write(`BROKEN  ${fault?.name}: ${String(error)}\n`), false));
    if (!isCaught) missed.push(fault.name);
  }
};
await Promise.all(Array.from({ length: AT_ONCE }, work));
rmSync(folder, { recursive: true, force: true });
process.stdout.write(missed.length === 0 ? `\nevery seeded fault was caught\n` : `\nNot caught: ${missed.join(', ')}\n`);
process.exitCode = missed.length === 0 ? 0 : 1;
