/**
 * `npm test`: types, lint, then every test: pure, on real servers, and the journeys of a person in a real browser.
 * CI runs exactly this. `--without <name>` leaves a part out; `--only <name>` runs one.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fileURLToPath } from 'node:url';

/** From `tools/dist`. */
const root = fileURLToPath(new URL('../..', import.meta.url));
const bin = join(root, 'node_modules', '.bin');
const report = mkdtempSync(join(tmpdir(), 'citrus-test-'));

type Part = { readonly name: string; readonly command: string; readonly args: readonly string[]; readonly counts?: string };

const vitest = (project: string): Part => ({
  name: project,
  command: join(bin, 'vitest'),
  // The module cache does not notice changed compiler settings.
  args: ['run', '--project', project, '--fsModuleCache=false', '--reporter=default', '--reporter=json', `--outputFile.json=${join(report, `${project}.json`)}`],
  counts: join(report, `${project}.json`),
});

const PARTS: readonly Part[] = [
  { name: 'types', command: join(bin, 'tsc'), args: ['-b'] },
  { name: 'lint', command: join(bin, 'oxlint'), args: ['--type-aware'] },
  vitest('unit'),
  vitest('int'),
  vitest('oldest-broker'),
  // Each test that guards against loss is seen to fail without its guard.
  { name: 'seeded-faults', command: process.execPath, args: [join(root, 'kit/event-store/src/hazards/run-seeded-faults.ts')] },
  vitest('e2e'),
];

const run = async ({ command, args }: Part): Promise<boolean> => {
  const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, CI: process.env['CI'] ?? '1' } });
  const [code] = (await once(child, 'exit')) as [number | null];
  return code === 0;
};

const countOf = (file: string): { passed: number; failed: number } => {
  try {
    const { numPassedTests, numFailedTests } = JSON.parse(readFileSync(file, 'utf8')) as { numPassedTests: number; numFailedTests: number };
    return { passed: numPassedTests, failed: numFailedTests };
  } catch {
    return { passed: 0, failed: 0 };
  }
};

const { values } = parseArgs({ options: { without: { type: 'string', multiple: true, default: [] }, only: { type: 'string', multiple: true, default: [] } } });
const parts = PARTS.filter(({ name }) => !values.without.includes(name) && (values.only.length === 0 || values.only.includes(name)));

const total = { passed: 0, failed: 0 };
const failedParts: string[] = [];
for (const part of parts) {
  const startedAt = performance.now();
  process.stdout.write(`\n── ${part.name}\n`);
  const succeeded = await run(part);
  const counts = part.counts ? countOf(part.counts) : { passed: 0, failed: 0 };
  total.passed += counts.passed;
  total.failed += counts.failed;
  if (!succeeded) failedParts.push(part.name);
  process.stdout.write(`── ${part.name}: ${succeeded ? 'passed' : 'FAILED'} in ${((performance.now() - startedAt) / 1000).toFixed(0)} s\n`);
}
rmSync(report, { recursive: true, force: true });

if (failedParts.length > 0) process.stdout.write(`\nFailed: ${failedParts.join(', ')}\n`);
process.stdout.write(`\n${total.passed} passed, ${total.failed} failed\n`);
process.exit(failedParts.length > 0 ? 1 : 0);
