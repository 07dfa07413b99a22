/**
 * What an agent costs a small server that it does nothing on, and how soon after its start it is there. The program as it
 * is shipped, with the flags of `agent/install/launch.sh`, connected to a real broker; beside it a bare Node process of
 * the same version, in the same run.
 */
import { bundling, controlPlanes } from '@citrus/agent/embedding';
import { freePort, startNats } from '@citrus/kit-embedded';
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { median, type Part } from './measure.ts';

const STARTS = 7;
const SETTLED_AFTER_MS = 5000;
const IDLE_SECONDS = 60;
const WITHIN_MS = 60_000;
const BARE = 'process.stdout.write("there"); setInterval(() => {}, 1000)';

const until = async <T>(what: string, look: () => T | undefined | Promise<T | undefined>): Promise<T> => {
  for (const end = performance.now() + WITHIN_MS; performance.now() < end; await delay(5)) {
    const found = await look();
    if (found !== undefined) return found;
  }
  throw new Error(`${what}: not within ${WITHIN_MS / 1000} s`);
};

const ended = async (child: ChildProcess): Promise<void> => {
  const exit = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await exit;
};

const residentKb = async (child: ChildProcess): Promise<number> => Number(/^VmRSS:\s+(\d+)/m.exec(await readFile(`/proc/${child.pid}/status`, 'utf8'))?.[1]);

/** All threads, by the scheduler's own clock. */
const processorMs = async (child: ChildProcess): Promise<number> => {
  const tasks = `/proc/${child.pid}/task`;
  const times = await Promise.all((await readdir(tasks)).map(async (task) => Number((await readFile(join(tasks, task, 'schedstat'), 'utf8')).split(' ')[0])));
  return times.reduce((sum, ns) => sum + ns, 0) / 1e6;
};

/** An agent that has enrolled and lives in a folder of its own. */
const openSite = async () => {
  const [{ bundleAgent, AGENT_FOLDER }, { startControlPlane, TOKEN }] = [await bundling(), await controlPlanes()];
  const webSocketPort = await freePort();
  const broker = await startNats({ config: ({ port }) => `listen: "127.0.0.1:${port}"\nwebsocket { listen: "127.0.0.1:${webSocketPort}", no_tls: true }\n` });
  const plane = await startControlPlane({ natsUrl: broker.url, webSocketUrl: `ws://127.0.0.1:${webSocketPort}` });
  const folder = await mkdtemp(join(tmpdir(), 'citrus-bench-agent-'));
  const [program, configFile, compiled] = [join(folder, 'agent.mjs'), join(folder, 'config.json'), join(folder, 'compiled')];
  const config = { hubUrl: plane.hubUrl, tokenFile: join(folder, 'token'), stateDir: join(folder, 'state'), logDir: join(folder, 'log'), prefix: folder, serverAddress: '127.0.0.1' };
  await Promise.all([bundleAgent().then(({ code }) => writeFile(program, code)), writeFile(configFile, JSON.stringify(config)), writeFile(config.tokenFile, TOKEN)]);
  const flags = /^FLAGS='([^']*)'$/m.exec(await readFile(join(AGENT_FOLDER, 'install/launch.sh'), 'utf8'))?.[1]?.split(' ') ?? [];
  return {
    plane, compiled,
    launch: () => spawn(process.execPath, [...flags, program, configFile], { stdio: 'ignore', env: { NODE_COMPILE_CACHE: compiled } }),
    /** When the agent was last connected, by its own log; the clock is ours. */
    connectedAt: async (): Promise<number[]> => {
      const log = await readFile(join(config.logDir, 'agent.log'), 'utf8').catch(() => '');
      return [...log.matchAll(/"timestamp":"([^"]+)","level":"info","event":"broker.connected"/g)].map(([, at = '']) => Date.parse(at));
    },
    close: async () => {
      await plane.stop();
      await broker.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
};
type Site = Awaited<ReturnType<typeof openSite>>;

const start = async (site: Site): Promise<{ readonly agent: ChildProcess; readonly connectedMs: number; readonly cpuMs: number }> => {
  const before = (await site.connectedAt()).length;
  const startedAt = Date.now();
  const agent = site.launch();
  const at = await until('the agent connects', async () => (await site.connectedAt())[before]);
  return { agent, connectedMs: at - startedAt, cpuMs: await processorMs(agent) };
};

const startBare = async (): Promise<{ readonly bare: ChildProcess; readonly thereMs: number }> => {
  const startedAt = performance.now();
  const bare = spawn(process.execPath, ['-e', BARE], { stdio: ['ignore', 'pipe', 'ignore'], env: {} });
  await new Promise((resolve) => bare.stdout.once('data', resolve));
  return { bare, thereMs: performance.now() - startedAt };
};

type Start = { readonly connected: number; readonly cpu: number; readonly bare: number };

const measureStarts = async (site: Site): Promise<Start> => {
  const rounds: Start[] = [];
  for (let round = 0; round < STARTS; round += 1) {
    const { agent, connectedMs, cpuMs } = await start(site);
    await ended(agent);
    const { bare, thereMs } = await startBare();
    await ended(bare);
    rounds.push({ connected: connectedMs, cpu: cpuMs, bare: thereMs });
  }
  return { connected: median(rounds.map(({ connected }) => connected)), cpu: median(rounds.map(({ cpu }) => cpu)), bare: median(rounds.map(({ bare }) => bare)) };
};

const runJob = async ({ plane }: Site): Promise<void> => {
  const job = plane.runJob({ installerDigest: plane.publish('echo done') });
  await plane.ring(plane.sign(job));
  await until('the job ends', () => plane.finishedOf(job.jobId)[0]);
};

const round = (value: number, digits: number): number => Number(value.toFixed(digits));

/** @param part for how many seconds the agent is watched, if not 60 */
export const benchAgent = async (part?: string): Promise<Part> => {
  const seconds = part === undefined ? IDLE_SECONDS : Number(part);
  if (!(seconds > 0)) throw new Error('the part of agent is a number of seconds, like 20');
  const load = round(loadavg()[0] ?? NaN, 1);
  const site = await openSite();
  try {
    // The first start enrols, and the code that it compiled is kept for the next ones.
    const first = await start(site);
    await until('the compiled code is kept', async () => ((await readdir(site.compiled).catch(() => [])).length > 0 ? true : undefined));
    await ended(first.agent);
    const starts = await measureStarts(site);
    const [{ agent }, { bare }] = [await start(site), await startBare()];
    await delay(SETTLED_AFTER_MS);
    const cpuBefore = await processorMs(agent);
    await delay(seconds * 1000);
    const cpuPercent = (100 * ((await processorMs(agent)) - cpuBefore)) / (seconds * 1000);
    const [ours, peer] = [await residentKb(agent), await residentKb(bare)];
    await runJob(site);
    await delay(SETTLED_AFTER_MS);
    const afterJob = await residentKb(agent);
    await Promise.all([ended(agent), ended(bare)]);
    const mb = (kb: number) => round(kb / 1024, 1);
    const peerName = 'a bare Node process';
    return {
      rows: [
        { name: 'resident memory, idle', unit: 'MB', ours: mb(ours), peer: mb(peer), peerName, ratio: ours / peer },
        { name: 'resident memory, after a job', unit: 'MB', ours: mb(afterJob), peer: mb(peer), peerName, ratio: afterJob / peer },
        { name: 'start to connected', unit: 'ms', ours: round(starts.connected, 0), peer: round(starts.bare, 0), peerName: 'a bare Node process, start to its first line', ratio: starts.connected / starts.bare },
        { name: 'start to connected, processor time', unit: 'ms', ours: round(starts.cpu, 0) },
        { name: 'first start to connected, with enrolment', unit: 'ms', ours: first.connectedMs },
        { name: 'processor time, idle', unit: '%', ours: round(cpuPercent, 3) },
        { name: 'load average before', unit: '', ours: load },
      ],
      metrics: { idle_rss_ratio: round(ours / peer, 3), connected_ms: round(starts.connected, 0), idle_cpu_percent: round(cpuPercent, 3), connected_cpu_ms: round(starts.cpu, 0), rss_after_job_ratio: round(afterJob / peer, 3), bare_start_ms: round(starts.bare, 0), load },
    };
  } finally {
    await site.close();
  }
};
