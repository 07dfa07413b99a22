import { eventually } from '@citrus/kit-testing';
import { createHash, randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import type { ControlPlane } from './testing/control-plane.ts';
import { test } from './testing/fixtures.ts';

const ended = (plane: ControlPlane, jobId: string) =>
  eventually(() => {
    const [report] = plane.finishedOf(jobId);
    if (!report) throw new Error(`no report about ${jobId} yet`);
    return report;
  }, { timeoutMs: 30_000 });

/** Whoever should have buried a dead process may take its time. */
const isAlive = (pid: string): boolean => {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid.trim()}/stat`, 'latin1'));
  } catch {
    return false;
  }
};

describe('a job', () => {
  test('T706. runs in a clean environment and tells how it went', async ({ plane, agent }) => {
    const digest = plane.publish('env | sort; printf "[%s]\\n" "$GREETING"; echo "stdin: $(cat | wc -c)"; echo to-stderr >&2; echo "::progress 40 halfway"; pwd; umask', 'inputs:\n  - { id: greeting, type: string, label: Greeting }\n  - { id: listen, type: port, label: Port, default: 8080 }\n');
    const job = plane.runJob({ installerDigest: digest, inputs: { greeting: "it's; $(id) \nfine" } });
    expect(await plane.ring(plane.sign(job))).toEqual({ outcome: 'accepted' });
    expect(await ended(plane, job.jobId)).toMatchObject({ outcome: 'succeeded', exitCode: 0, attempt: 1 });
    expect(plane.told.started).toHaveLength(1);
    await eventually(() => plane.textOf(job.jobId).includes('stdin: 0'));
    const text = plane.textOf(job.jobId);
    const names = [...text.matchAll(/^([A-Z_]+)=/gm)].map(([, name = '']) => name).filter((name) => name !== '_');
    expect(names.toSorted((a, b) => a.localeCompare(b))).toEqual(['CITRUS_APP_DIR', 'CITRUS_NODE', 'CITRUS_PREFIX', 'DEBIAN_FRONTEND', 'GREETING', 'HOME', 'LISTEN', 'PATH', 'PROVISIONING_JOB', 'PWD', 'SERVER_ADDRESS', 'SHLVL']);
    expect(text).toContain("[it's; $(id) \nfine]\n");
    expect(text).toContain('to-stderr');
    expect(text).not.toContain('::progress');
    expect(plane.told.chunks.flatMap(({ progress }) => progress ?? [])).toEqual([{ percent: 40, text: 'halfway' }]);
    expect(await readdir(join(agent.config.stateDir, 'runs'))).toEqual([]);
  });

  test('ends with a count and a digest of its log, and every piece can be asked for again', async ({ plane, agent }) => {
    const job = plane.runJob({ installerDigest: plane.publish('for i in 1 2 3; do echo "line $i"; sleep 0.1; done; exit 3') });
    await plane.ring(plane.sign(job));
    const report = await ended(plane, job.jobId);
    expect(report).toMatchObject({ outcome: 'failed', exitCode: 3 });
    const reply = await plane.ring(plane.sign({ ...plane.common(), type: 'read-log', jobId: job.jobId, attempt: 1, fromSeq: 1, toSeq: 1000 }));
    const chunks = reply?.outcome === 'log' ? reply.chunks : [];
    expect(chunks.map(({ seq }) => seq)).toEqual(Array.from({ length: report.logChunks }, (_, index) => index + 1));
    const text = chunks.map((chunk) => chunk.text).join('');
    expect(createHash('sha256').update(text).digest('hex')).toBe(report.logDigest);
    await eventually(() => plane.textOf(job.jobId) === text);
    expect(await readFile(join(agent.config.logDir, 'jobs', `${job.jobId}-1.log`), 'utf8')).toBe(text);
  });

  test('sent twice, by doorbell and by sync, runs once', async ({ plane, agent }) => {
    const job = plane.runJob({ installerDigest: plane.publish('echo ran >> "$CITRUS_APP_DIR/runs"') });
    const signed = plane.sign(job);
    expect(await Promise.all([plane.ring(signed), plane.ring(signed)])).toEqual([{ outcome: 'accepted' }, { outcome: 'accepted' }]);
    await ended(plane, job.jobId);
    expect(await plane.ring(signed)).toEqual({ outcome: 'accepted' });
    // It was asked for although it has ended: told again, not run again.
    await eventually(() => plane.finishedOf(job.jobId).length >= 2);
    expect(await readFile(join(agent.config.stateDir, 'apps/probe/runs'), 'utf8')).toBe('ran\n');
  });

  test('waits for the one before it; a ping does not', async ({ plane }) => {
    const slow = plane.runJob({ installerDigest: plane.publish('until [ -e "$CITRUS_APP_DIR/go" ]; do sleep 0.05; done') });
    const quick = plane.runJob({ installerDigest: plane.publish('touch "$CITRUS_APP_DIR/quick"') });
    await plane.ring(plane.sign(slow));
    await plane.ring(plane.sign(quick));
    expect(await plane.ring(plane.sign({ ...plane.common(), type: 'ping' }))).toEqual({ outcome: 'accepted' });
    await eventually(() => plane.told.started.length === 1);
    await plane.ring(plane.sign({ ...plane.common(), type: 'cancel-job', jobId: slow.jobId, attempt: 1 }));
    await ended(plane, quick.jobId);
    expect(plane.told.finished.map(({ jobId, outcome }) => [jobId, outcome])).toEqual([[slow.jobId, 'cancelled'], [quick.jobId, 'succeeded']]);
  });

  test('that was cancelled before it came is never run', async ({ plane, agent }) => {
    const job = plane.runJob({ installerDigest: plane.publish('touch "$CITRUS_APP_DIR/ran"') });
    await plane.ring(plane.sign({ ...plane.common(), type: 'cancel-job', jobId: job.jobId, attempt: 1 }));
    expect(await ended(plane, job.jobId)).toMatchObject({ outcome: 'cancelled', logChunks: 0 });
    expect(await plane.ring(plane.sign(job))).toEqual({ outcome: 'accepted' });
    await eventually(() => plane.finishedOf(job.jobId).length >= 2);
    expect(existsSync(join(agent.config.stateDir, 'apps/probe/ran'))).toBe(false);
  });

  test('keeps its report until it is answered, also over a crash of the agent', async ({ plane, agent }) => {
    plane.faults.ignoresReports = true;
    const job = plane.runJob({ installerDigest: plane.publish('echo done') });
    await plane.ring(plane.sign(job));
    await eventually(async () => (await agent.log()).includes('job.ended'));
    await agent.kill();
    plane.faults.ignoresReports = false;
    agent.start();
    expect(await ended(plane, job.jobId)).toMatchObject({ outcome: 'succeeded' });
  });
});

describe('ending a script', () => {
  /** A child that leaves the group, the session and its parent, and does not listen. */
  const STUBBORN = `trap '' TERM; (setsid bash -c 'trap "" TERM; echo $$ > "$CITRUS_APP_DIR/escaped"; while :; do sleep 0.1; done' &) ; until [ -s "$CITRUS_APP_DIR/escaped" ]; do sleep 0.02; done; echo $$ > "$CITRUS_APP_DIR/main"; while :; do sleep 0.1; done`;
  const pids = async (stateDir: string) => Promise.all(['main', 'escaped'].map((name) => readFile(join(stateDir, 'apps/probe', name), 'utf8')));

  test('after its time ends everything it started', { timeout: 60_000 }, async ({ plane, agent }) => {
    const job = plane.runJob({ installerDigest: plane.publish(STUBBORN), timeoutSeconds: 5 });
    await plane.ring(plane.sign(job));
    expect(await ended(plane, job.jobId)).toMatchObject({ outcome: 'timed_out', exitCode: 124 });
    expect((await pids(agent.config.stateDir)).map(isAlive)).toEqual([false, false]);
  });

  test('by a cancel is reported only when all of it is gone', { timeout: 60_000 }, async ({ plane, agent }) => {
    const job = plane.runJob({ installerDigest: plane.publish(STUBBORN) });
    await plane.ring(plane.sign(job));
    await eventually(() => existsSync(join(agent.config.stateDir, 'apps/probe/main')));
    expect(await plane.ring(plane.sign({ ...plane.common(), type: 'cancel-job', jobId: job.jobId, attempt: 1 }))).toEqual({ outcome: 'accepted' });
    expect(await ended(plane, job.jobId)).toMatchObject({ outcome: 'cancelled' });
    expect((await pids(agent.config.stateDir)).map(isAlive)).toEqual([false, false]);
  });

  test('that ends by itself leaves the service alone that it started', async ({ plane, agent }) => {
    const job = plane.runJob({ installerDigest: plane.publish(`setsid sleep 300 </dev/null >/dev/null 2>&1 & echo $! > "$CITRUS_APP_DIR/service"`) });
    await plane.ring(plane.sign(job));
    expect(await ended(plane, job.jobId)).toMatchObject({ outcome: 'succeeded' });
    const pid = await readFile(join(agent.config.stateDir, 'apps/probe/service'), 'utf8');
    expect(isAlive(pid)).toBe(true);
    process.kill(Number(pid), 'SIGKILL');
  });
});

describe('a crash of the agent in the middle of a job', () => {
  const RUNNING = 'echo "begun"; echo ran >> "$CITRUS_APP_DIR/runs"; echo $$ > "$CITRUS_APP_DIR/main"; while :; do sleep 0.1; done';

  test('makes the attempt lost, ends what is left of it and never runs it again', async ({ plane, agent }) => {
    const job = plane.runJob({ installerDigest: plane.publish(RUNNING) });
    plane.open.push(plane.sign(job));
    await plane.ring(plane.open[0]);
    const runs = join(agent.config.stateDir, 'apps/probe');
    await eventually(() => existsSync(join(runs, 'main')));
    await agent.kill();
    const pid = await readFile(join(runs, 'main'), 'utf8');
    expect(isAlive(pid)).toBe(true);
    agent.start();
    const report = await ended(plane, job.jobId);
    expect(report).toMatchObject({ outcome: 'lost', exitCode: null });
    expect(isAlive(pid)).toBe(false);
    // The same attempt is still open on the other side: it came again with the hello, and comes by doorbell too.
    await eventually(() => plane.told.hellos.length >= 2);
    const reports = plane.finishedOf(job.jobId).length;
    expect(await plane.ring(plane.open[0])).toEqual({ outcome: 'accepted' });
    await eventually(() => plane.finishedOf(job.jobId).length > reports);
    expect(await readFile(join(runs, 'runs'), 'utf8')).toBe('ran\n');
    expect(await readdir(join(agent.config.stateDir, 'runs')).catch(() => [])).toEqual([]);
  });

  test('an orderly stop ends the job and says so at the next start', { timeout: 60_000 }, async ({ plane, agent }) => {
    const job = plane.runJob({ installerDigest: plane.publish(RUNNING) });
    await plane.ring(plane.sign(job));
    await eventually(() => existsSync(join(agent.config.stateDir, 'apps/probe/main')));
    expect(await agent.terminate()).toBe(0);
    agent.start();
    expect(await ended(plane, job.jobId)).toMatchObject({ outcome: 'lost' });
  });
});

describe('a secret', () => {
  const MANIFEST = 'inputs:\n  - { id: password, type: password, label: Password, required: true }\n';

  test('T703. is masked in every log, however it is printed, and is on no disk afterwards', async ({ plane, agent }) => {
    const secret = "p4ss'w0rd \"of\" 12";
    const script = `printf '%s' "\${PASSWORD:0:7}"; sleep 0.2; printf '%s\\n' "\${PASSWORD:7}"; set -x; echo "$PASSWORD" | base64 -w0; set +x; echo; echo "::progress 5 $PASSWORD"; echo "$PASSWORD" >&2; exit 2`;
    const job = plane.runJob({ installerDigest: plane.publish(script, MANIFEST), sealedInputs: plane.seal({ password: secret }) });
    await plane.ring(plane.sign(job));
    expect(await ended(plane, job.jobId)).toMatchObject({ outcome: 'failed', exitCode: 2 });
    await eventually(() => plane.textOf(job.jobId).includes('exit code 2'));
    const text = JSON.stringify(plane.told.chunks) + (await readFile(join(agent.config.logDir, 'jobs', `${job.jobId}-1.log`), 'utf8'));
    expect(text).toContain('********');
    for (const part of ["p4ss'w0rd", 'p4ss', 'of" 12', String.raw`of\" 12`]) expect(text).not.toContain(part);
    for (const file of await readdir(agent.folder, { recursive: true, withFileTypes: true })) {
      if (file.isFile()) expect(await readFile(join(file.parentPath, file.name), 'utf8')).not.toContain('p4ss');
    }
  });

  test('T113. that was sealed to another agent is refused', async ({ plane }) => {
    const job = plane.runJob({ installerDigest: plane.publish('exit 0', MANIFEST), sealedInputs: 'box.v1.AAAA' });
    await plane.ring(plane.sign(job));
    expect(await ended(plane, job.jobId)).toMatchObject({ outcome: 'refused', reason: 'the sealed inputs cannot be opened with the key of this agent' });
  });
});

describe('a command', () => {
  test.for([
    ['whose installer has other bytes', (plane: ControlPlane) => ({ installerDigest: tampered(plane) }), 'its digest differs'],
    ['that names another version', (plane: ControlPlane) => ({ installerDigest: plane.publish('exit 0'), installerVersion: '2.0.0' }), 'the command names probe 2.0.0'],
    ['with an unknown input', (plane: ControlPlane) => ({ installerDigest: plane.publish('exit 0'), inputs: { ld_preload: 'x' } }), 'is not an input'],
    ['with an action that is not offered', (plane: ControlPlane) => ({ installerDigest: plane.publish('exit 0'), action: 'backup' as const }), 'offers no action backup'],
  ] as const)('%s is refused when it would run', async ([, given, reason], { plane }) => {
    const job = plane.runJob(given(plane));
    await plane.ring(plane.sign(job));
    const report = await ended(plane, job.jobId);
    expect(report.outcome).toBe('refused');
    expect(report.reason).toContain(reason);
  });
});

/** The hub hands out other bytes than those that were signed. */
const tampered = (plane: ControlPlane) => {
  const digest = plane.publish(`exit 0 # ${randomUUID()}`);
  plane.artifacts.set(digest, Buffer.from('{"files":[]}'));
  return digest;
};
