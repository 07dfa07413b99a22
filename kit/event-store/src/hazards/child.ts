/** Processes to be killed without a good-bye, bundled from the sources as they are, seeded fault included. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';
import { seededFault, withFault } from './seeded-fault.ts';
import type { Role } from './hazard.process.ts';

const MAIN = fileURLToPath(new URL('hazard.process.ts', import.meta.url));
/** Below the package, so that third-party packages are found. */
const bundleOf = (pid: number): string => fileURLToPath(new URL(`../../.cache/hazard-${pid}.mjs`, import.meta.url));

const thirdParties: Plugin = {
  name: 'third-parties',
  setup: (bundling) => bundling.onResolve({ filter: /^[^./]/ }, ({ path }) => (path.startsWith('@citrus/') ? undefined : { path, external: true })),
};

const faulty: Plugin = {
  name: 'seeded-fault',
  setup: (bundling) => {
    const fault = seededFault();
    if (fault) bundling.onLoad({ filter: /\/kit\/event-store\/src\/.*\.ts$/ }, async ({ path }) => ({ contents: withFault(fault, path, await readFile(path, 'utf8')), loader: 'ts' }));
  },
};

export type Child = { readonly process: ChildProcess; /** SIGKILL: no handler runs. */ kill(): Promise<void> };
export type Children = { start(role: Role, onMessage?: (message: unknown) => void): Child; end(): Promise<void> };

export const openChildren = async (): Promise<Children> => {
  const outfile = bundleOf(process.pid);
  await build({ entryPoints: [MAIN], outfile, bundle: true, platform: 'node', format: 'esm', conditions: ['citrus:source'], plugins: [thirdParties, faulty], logLevel: 'error' });
  const children: Child[] = [];
  return {
    start: (role, onMessage) => {
      const child = fork(outfile, [JSON.stringify(role)], { execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
      if (onMessage) child.on('message', onMessage);
      const kill = async (): Promise<void> => {
        if (child.exitCode !== null || child.signalCode !== null) return;
        const gone = once(child, 'exit');
        child.kill('SIGKILL');
        await gone;
      };
      const started = { process: child, kill };
      children.push(started);
      return started;
    },
    end: async () => {
      await Promise.all(children.map((child) => child.kill()));
      await rm(outfile, { force: true });
    },
  };
};
