/**
 * `npm test`: types, lint, then every test: pure, on real servers, and the journeys of a person in a real browser.
 * CI runs exactly this. `--without <name>` leaves a part out; `--only <name>` runs one.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { fileURLToPath } from 'node:url';

/** From `tools/dist`. */
const root = fileURLToPath(new URL('../..', import.meta.url));
const bin = join(root, 'node_modules', '.bin');
const reports = mkdtempSync(join(tmpdir(), 'citrus-test-'));

type Part = { readonly name: string; readonly command: string; readonly args: readonly string[]; readonly report?: string };

/** @param workers more than there are cores where files mostly wait: for processes that start, are killed, come back */
const vitest = (project: string, workers = 2): Part => ({
  name: project,
  command: join(bin, 'vitest'),
  // The module cache does not notice changed compiler settings.
  args: ['run', '--project', project, `--maxWorkers=${workers}`, '--fsModuleCache=false', '--reporter=default', '--reporter=json', `--outputFile.json=${join(reports, `${project}.json`)}`],
  report: join(reports, `${project}.json`),
});

const PARTS: readonly Part[] = [
  { name: 'types', command: join(bin, 'tsc'), args: ['-b'] },
  { name: 'lint', command: join(bin, 'oxlint'), args: ['--type-aware'] },
  vitest('unit'),
  vitest('int', 3),
  vitest('oldest-broker', 3),
  // Each test that guards against loss is seen to fail without its guard.
  { name: 'seeded-faults', command: process.execPath, args: [join(root, 'kit/event-store/src/hazards/run-seeded-faults.ts')] },
  vitest('e2e'),
];

const run = async ({ command, args }: Part): Promise<boolean> => {
  const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, CI: process.env['CI'] ?? '1' } });
  const [code] = (await once(child, 'exit')) as [number | null];
  return code === 0;
};

type Report = {
  readonly numPassedTests: number;
  readonly testResults: readonly { readonly name: string; readonly status: string; readonly message: string; readonly assertionResults: readonly { readonly fullName: string; readonly status: string; readonly failureMessages: readonly string[] | null }[] }[];
};
type Outcome = { readonly passed: number; readonly failures: readonly string[] };

const firstLineOf = (text = ''): string => text.split('\n', 1)[0] ?? '';

/** What failed, with the first line of why: who reads only the end of a long run still learns it. A file that could not be loaded has no tests. */
const outcomeOf = (file: string): Outcome => {
  try {
    const { numPassedTests, testResults } = JSON.parse(readFileSync(file, 'utf8')) as Report;
    const failures = testResults.filter(({ status }) => status === 'failed').flatMap(({ name, message, assertionResults }) => {
      const tests = assertionResults.filter(({ status }) => status === 'failed').map(({ fullName, failureMessages }) => `${fullName}: ${firstLineOf(failureMessages?.[0])}`);
      return (tests.length > 0 ? tests : [firstLineOf(message)]).map((text) => `${relative(root, name)}: ${text}`);
    });
    return { passed: numPassedTests, failures };
  } catch {
    return { passed: 0, failures: [] };
  }
};

const { values } = parseArgs({ options: { without: { type: 'string', multiple: true, default: [] }, only: { type: 'string', multiple: true, default: [] } } });
const parts = PARTS.filter(({ name }) => !values.without.includes(name) && (values.only.length === 0 || values.only.includes(name)));

let passed = 0;
const failures: string[] = [];
const failedParts: string[] = [];
for (const part of parts) {
  const startedAt = performance.now();
  process.stdout.write(`\n── ${part.name}\n`);
  const succeeded = await run(part);
  if (part.report) {
    const outcome = outcomeOf(part.report);
    passed += outcome.passed;
    failures.push(...outcome.failures);
  }
  if (!succeeded) failedParts.push(part.name);
  process.stdout.write(`── ${part.name}: ${succeeded ? 'passed' : 'FAILED'} in ${((performance.now() - startedAt) / 1000).toFixed(0)} s\n`);
}
rmSync(reports, { recursive: true, force: true });

if (failedParts.length > 0) process.stdout.write(`\nFailed: ${failedParts.join(', ')}\n${failures.map((line) => `  ✗ ${line}\n`).join('')}`);
process.stdout.write(`\n${passed} passed, ${failures.length} failed\n`);
process.exit(failedParts.length > 0 ? 1 : 0);
