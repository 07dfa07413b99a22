/** Scripts that mean harm, against the real agent as root: with the control groups of this machine, and without any. */
import { eventually } from '@citrus/kit-testing';
import { execFileSync } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, statfsSync, statSync } from 'node:fs';
import { readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect } from 'vitest';
import { RESERVE_BYTES, appendWhole, keepReserve } from './append.ts';
import { openCgroups } from './cgroup.ts';
import { startAgent, type AgentOptions, type AgentProcess } from './testing/agent-process.ts';
import type { ControlPlane } from './testing/control-plane.ts';
import { testWithoutAgent } from './testing/fixtures.ts';

const MIB = 1024 ** 2;
const LIMIT = { memoryBytes: 64 * MIB, processes: 60, diskReserveBytes: 4 * MIB };

const isAlive = (pid: string): boolean => {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid.trim()}/stat`, 'latin1'));
  } catch {
    return false;
  }
};

/** A disk of its own for everything that the agent and its jobs write. */
const onSmallDisk = (megabytes: number): Pick<AgentOptions, 'prepare' | 'clean'> => ({
  prepare: (folder) => {
    mkdirSync(join(folder, 'state'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', join(folder, 'state')]);
  },
  clean: (folder) => execFileSync('umount', ['-l', join(folder, 'state')]),
});

const withAgent = async (plane: ControlPlane, options: AgentOptions, use: (agent: AgentProcess) => Promise<void>): Promise<void> => {
  const agent = await startAgent(plane, options);
  try {
    await eventually(() => plane.told.hellos.length > 0, { timeoutMs: 30_000 });
    await use(agent);
  } finally {
    await agent.discard();
  }
};

const ring = async (plane: ControlPlane, script: string, more: object = {}) => {
  const job = plane.runJob({ installerDigest: plane.publish(script), ...more });
  expect(await plane.ring(plane.sign(job))).toEqual({ outcome: 'accepted' });
  return job;
};
const endOf = (plane: ControlPlane, jobId: string) =>
  eventually(() => plane.finishedOf(jobId)[0] ?? Promise.reject(new Error(`no report about ${jobId} yet`)), { timeoutMs: 60_000 });
const run = async (plane: ControlPlane, script: string, more: object = {}) => endOf(plane, (await ring(plane, script, more)).jobId);

/** Which of the limits this machine's control groups have. */
const limitsHere = () => {
  const group = openCgroups().open(`probe-${process.pid}`, LIMIT);
  try {
    const has = (file: string) => group.entrances.some((entrance) => existsSync(join(dirname(entrance), file)));
    return { memory: has('memory.max') || has('memory.limit_in_bytes'), processes: has('pids.max') };
  } finally {
    group.release();
  }
};

/** Ignores SIGTERM, and starts what leaves its group, its session, its parent and its environment. */
const ESCAPING = `
trap '' TERM
(sleep 1; exec setsid env -i bash -c 'trap "" TERM; echo $$ >"'$CITRUS_APP_DIR'/escaped"; exec >/dev/null 2>&1; while :; do sleep 0.1; done') &
(setsid bash -c 'trap "" TERM; echo $$ >"$CITRUS_APP_DIR/double"; while :; do sleep 0.1; done' &)
while :; do sleep 0.1; done`;

describe.for([['with control groups', true], ['without control groups', false]] as const)('%s', ([, cgroups]) => {
  const test = testWithoutAgent;

  test('what ignores SIGTERM, forks twice and leaves everything behind is gone when the end is reported', { timeout: 120_000 }, async ({ plane }) => {
    await withAgent(plane, { jobLimits: { cgroups } }, async (agent) => {
      const app = join(agent.config.stateDir, 'apps/probe');
      const job = await ring(plane, ESCAPING);
      await eventually(() => existsSync(join(app, 'escaped')) && existsSync(join(app, 'double')), { timeoutMs: 30_000 });
      await plane.ring(plane.sign({ ...plane.common(), type: 'cancel-job', jobId: job.jobId, attempt: 1 }));
      expect(await endOf(plane, job.jobId)).toMatchObject({ outcome: 'cancelled' });
      for (const name of ['escaped', 'double']) expect(isAlive(await readFile(join(app, name), 'utf8')), name).toBe(false);
      expect(openCgroups().find(`${job.jobId}-1`).entrances).toEqual([]);
    });
  });

  test('what closes its output, floods it, fills the disk or kills the agent is contained and reported', { timeout: 180_000 }, async ({ plane }) => {
    await withAgent(plane, { jobLimits: { ...LIMIT, cgroups }, ...onSmallDisk(96) }, async (agent) => {
      const app = join(agent.config.stateDir, 'apps/probe');
      expect(await run(plane, 'exec >&- 2>&-; sleep 0.2; exit 3')).toMatchObject({ outcome: 'failed', exitCode: 3 });

      const flood = await run(plane, `head -c ${150 * MIB} /dev/zero | tr '\\0' x; printf '\\377\\376\\033]52;c;aGk=\\007'; echo`);
      expect(flood).toMatchObject({ outcome: 'succeeded' });
      expect(statSync(join(agent.config.logDir, 'jobs', `${flood.jobId}-1.log`)).size).toBeLessThan(34 * MIB);
      expect(Number(/^VmHWM:\s+(\d+)/m.exec(await readFile(`/proc/${agent.pid()}/status`, 'utf8'))?.[1])).toBeLessThan(200 * 1024);

      const full = await run(plane, `head -c 1G /dev/zero >"$CITRUS_APP_DIR/much"; sleep 60`);
      expect(full).toMatchObject({ outcome: 'failed', reason: 'it filled the disk: less than 4 MiB were left free' });
      await rm(join(app, 'much'));

      const deadly = await ring(plane, `echo $$ >"$CITRUS_APP_DIR/deadly"; kill -9 $(cut -d ' ' -f 1 "$CITRUS_APP_DIR/../../agent.pid"); while :; do sleep 0.1; done`);
      await agent.ended();
      agent.start();
      expect(await endOf(plane, deadly.jobId)).toMatchObject({ outcome: 'lost' });
      expect(isAlive(await readFile(join(app, 'deadly'), 'utf8'))).toBe(false);
      expect(await run(plane, 'echo still here')).toMatchObject({ outcome: 'succeeded' });
      expect(await readdir(join(agent.config.stateDir, 'runs'))).toEqual([]);
    });
  });
});

describe('limits of a control group', () => {
  testWithoutAgent('end what needs too much memory and keep a fork bomb small, and the reason is told', { timeout: 120_000 }, async ({ plane }) => {
    await withAgent(plane, { jobLimits: { ...LIMIT, diskReserveBytes: 0 } }, async () => {
      // Without a controller the machine has no such limit, and the script ends by itself.
      const here = limitsHere();
      const memory = await run(plane, `head -c ${200 * MIB} /dev/zero | tail | wc -c; exit "\${PIPESTATUS[1]}"`);
      const bomb = await run(plane, `sh -c 'i=0; while [ $i -lt 150 ]; do sleep 15 & i=$((i + 1)); done'`);
      expect(memory).toMatchObject(here.memory ? { outcome: 'failed', exitCode: 137, reason: 'the script ended with exit code 137; it needed more memory than a job may have' } : { outcome: 'succeeded' });
      expect(bomb).toMatchObject(here.processes ? { outcome: 'failed', reason: expect.stringContaining('it started more processes than a job may have') as string } : { outcome: 'succeeded' });
      expect(await run(plane, 'echo still here')).toMatchObject({ outcome: 'succeeded' });
    });
  });
});

describe('a full disk', () => {
  testWithoutAgent('has room for what matters: the reserve is given up for it, and made again', () => {
    const folder = mkdtempSync(join(tmpdir(), 'citrus-full-'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', folder]);
    const reserve = join(folder, 'journal/reserve');
    const [journal, filler] = [openSync(join(folder, 'journal.jsonl'), 'a'), openSync(join(folder, 'filler'), 'a')];
    try {
      expect(keepReserve(reserve)).toBe(true);
      const fill = () => {
        for (;;) appendWhole(filler, 'x'.repeat(4096));
      };
      expect(fill).toThrow('ENOSPC');
      expect(statfsSync(folder).bavail).toBe(0);
      const line = `${'j'.repeat(20_000)}\n`;
      appendWhole(journal, line, true);
      expect(readFileSync(join(folder, 'journal.jsonl'), 'utf8')).toBe(line);
      expect(existsSync(reserve)).toBe(false);
      // Full again, and nothing is left to be given up: nothing is written by halves either.
      expect(fill).toThrow('ENOSPC');
      expect(keepReserve(reserve)).toBe(false);
      expect(() => appendWhole(journal, line, true)).toThrow('ENOSPC');
      expect(readFileSync(join(folder, 'journal.jsonl'), 'utf8')).toBe(line);
      rmSync(join(folder, 'filler'));
      closeSync(filler);
      expect(keepReserve(reserve)).toBe(true);
      expect(statSync(reserve).size).toBe(RESERVE_BYTES);
    } finally {
      closeSync(journal);
      execFileSync('umount', ['-l', folder]);
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
