/** The real agent, bundled as it is shipped, as a child process in a folder of its own. */
import { spawn } from 'node:child_process';
import { readdirSync, readlinkSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleAgent } from '../../bundle-agent.ts';
import { TOKEN, type ControlPlane } from './control-plane.ts';

/** Whatever still works in a folder: services that a test's installer started. */
export const endProcessesIn = (folder: string): void => {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      if (`${readlinkSync(`/proc/${pid}/cwd`)}/`.startsWith(`${folder}/`)) process.kill(Number(pid), 'SIGKILL');
    } catch {
      // It has ended in the meantime.
    }
  }
};

let program: Promise<string> | undefined;
/** Once for every spec file. */
const bundled = (): Promise<string> =>
  (program ??= (async () => {
    const file = join(await mkdtemp(join(tmpdir(), 'citrus-agent-program-')), 'agent.mjs');
    await writeFile(file, (await bundleAgent()).code);
    return file;
  })());

/** `prepare` gets the agent's folder before anything is in it. */
export type AgentOptions = { readonly jobLimits?: object; readonly silenceMs?: number; /** One of its own, so that nobody else's ports are its own. */ readonly serverAddress?: string; readonly prepare?: (folder: string) => void; readonly clean?: (folder: string) => void; readonly launch?: Launch };
/** How Node is started. */
export type Launch = { readonly flags?: readonly string[]; readonly env?: Readonly<Record<string, string>> };

export const startAgent = async (plane: ControlPlane, { jobLimits = {}, silenceMs = 300_000, serverAddress = '127.0.0.1', prepare, clean, launch: how }: AgentOptions = {}) => {
  const folder = await mkdtemp(join(tmpdir(), 'citrus-agent-'));
  prepare?.(folder);
  const config = { hubUrl: plane.hubUrl, tokenFile: join(folder, 'token'), stateDir: join(folder, 'state'), logDir: join(folder, 'log'), prefix: folder, serverAddress, reconnectWindowMs: 200, silenceMs, jobLimits };
  await writeFile(join(folder, 'config.json'), JSON.stringify(config));
  await writeFile(config.tokenFile, TOKEN);
  const file = await bundled();
  const launch = ({ flags = [], env = {} }: Launch = {}) => {
    const child = spawn(process.execPath, [...flags, file, join(folder, 'config.json')], { stdio: ['ignore', 'ignore', 'inherit'], env });
    return { child, ended: new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code))) };
  };
  let running = launch(how);
  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    running.child.kill(signal);
    return running.ended;
  };
  return {
    pid: () => running.child.pid ?? 0,
    config,
    folder,
    ended: () => running.ended,
    /** As a crash would. */
    kill: () => end('SIGKILL'),
    terminate: () => end('SIGTERM'),
    start: () => {
      running = launch();
    },
    log: () => readFile(join(config.logDir, 'agent.log'), 'utf8'),
    discard: async () => {
      await end('SIGKILL');
      endProcessesIn(folder);
      clean?.(folder);
      await rm(folder, { recursive: true, force: true });
    },
  };
};
export type AgentProcess = Awaited<ReturnType<typeof startAgent>>;
