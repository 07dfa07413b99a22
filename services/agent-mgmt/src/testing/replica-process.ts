/** A replica as a process of its own, so that it can be killed without a good-bye, or stand still. Bundled once from the sources. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { rename } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));
/** Below the package, so that third-party packages are found; as deep in it as a built file is, because some ask where their package.json is. */
const BUNDLE = fileURLToPath(new URL('../../.cache/replica/replica.mjs', import.meta.url));

const thirdParties: Plugin = {
  name: 'third-parties',
  setup: (bundling) =>
    bundling.onResolve({ filter: /^[^./]/ }, ({ path }) => (path.startsWith('@citrus/') ? undefined : { path, external: true })),
};

export const bundleReplica = async (): Promise<string> => {
  // Specs that run at the same time make it at the same time: none may load half of another's.
  const outfile = `${BUNDLE}.${process.pid}.mjs`;
  await build({ entryPoints: [MAIN], outfile, bundle: true, platform: 'node', format: 'esm', conditions: ['citrus:source'], plugins: [thirdParties], logLevel: 'error' });
  await rename(outfile, BUNDLE);
  return BUNDLE;
};

export type ReplicaProcess = { kill(): Promise<void>; /** As a machine that is paused. */ standStill(): void; goOn(): void };

export const startReplica = (bundle: string, env: NodeJS.ProcessEnv): ReplicaProcess => {
  const child: ChildProcess = spawn(process.execPath, [bundle], { env: { PATH: process.env['PATH'], ...env }, stdio: ['ignore', 'ignore', 'inherit'] });
  return {
    kill: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
    standStill: () => void child.kill('SIGSTOP'),
    goOn: () => void child.kill('SIGCONT'),
  };
};
