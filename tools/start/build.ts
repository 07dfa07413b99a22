/** Compiles the services, bundles the panel and packs the agent: quick when nothing changed. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { StartFailure } from './failure.ts';

const exec = promisify(execFile);
const BUILD_WITHIN_MS = 300_000;

const runTool = async (root: string, what: string, file: string, args: readonly string[]): Promise<void> => {
  try {
    await exec(file, [...args], { cwd: root, timeout: BUILD_WITHIN_MS, maxBuffer: 16 * 1024 ** 2 });
  } catch (cause) {
    const { stdout = '', stderr = '' } = cause as { stdout?: string; stderr?: string };
    throw new StartFailure(`${what} failed:\n${`${stdout}${stderr}`.trim().split('\n').slice(-20).join('\n')}`, 'If you changed the sources, mend what is named above; else clone anew.', { cause });
  }
};

const node = (root: string, what: string, args: readonly string[]) => runTool(root, what, process.execPath, ['--conditions=citrus:source', '--disable-warning=ExperimentalWarning', ...args]);

/** @returns the directory of the agent's artifacts */
export const build = async (root: string): Promise<string> => {
  const artifactsDir = `${root}/.cache/artifacts`;
  await Promise.all([
    runTool(root, 'compiling the services', `${root}/node_modules/.bin/tsc`, ['-b']),
    node(root, 'bundling the panel', ['panel/build.ts']),
    node(root, 'packing the agent', ['agent/build.ts', '--out', artifactsDir]),
  ]);
  return artifactsDir;
};
