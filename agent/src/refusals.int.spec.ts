/** Every command that an agent must not obey: what it answers, what it tells agent-mgmt, and that nothing ran. */
import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalJson, type SignedCommand } from '@citrus/contracts';
import { generateSigningKeys } from '@citrus/kit-crypto';
import { eventually } from '@citrus/kit-testing';
import { describe, expect } from 'vitest';
import type { ControlPlane } from './testing/control-plane.ts';
import { test } from './testing/fixtures.ts';

const forged = generateSigningKeys();
const at = (seconds: number) => new Date(Date.now() + seconds * 1000).toISOString();
const MARK = 'echo ran >> "$CITRUS_APP_DIR/ran"';
const jobOf = (plane: ControlPlane, given: Partial<Parameters<ControlPlane['runJob']>[0]> = {}) => plane.runJob({ installerDigest: plane.publish(MARK), ...given });
/** The same signed text, changed on its way. */
const changed = (signed: SignedCommand, from: string, to: string): SignedCommand => ({ ...signed, command: signed.command.replace(from, to) });

const NOT_BELIEVED: Record<string, readonly [code: string, make: (plane: ControlPlane) => unknown]> = {
  'was tampered with': ['signature.invalid', (plane) => changed(plane.sign(jobOf(plane)), '"timeoutSeconds":60', '"timeoutSeconds":61')],
  'has the signature of another command': ['signature.invalid', (plane) => ({ ...plane.sign(jobOf(plane)), signature: plane.sign(jobOf(plane)).signature })],
  'is signed by somebody else under a known name': ['signature.invalid', (plane) => plane.sign(jobOf(plane), forged.privateKey)],
  'is signed with a key that is not known': ['key.unknown', (plane) => plane.sign(jobOf(plane), forged.privateKey, 'k9')],
  'is signed as a bare text, as something older than protocol 1 would': ['signature.invalid', (plane) => {
    const signed = plane.sign(jobOf(plane));
    return { ...signed, signature: plane.signBare(signed.command) };
  }],
  'is not signed': ['signature.missing', (plane) => ({ ...plane.sign(jobOf(plane)), signature: '' })],
  'has no signature at all': ['signature.missing', (plane) => ({ keyId: 'k1', command: canonicalJson(jobOf(plane)) })],
  'offers another algorithm': ['protocol.unsupported', (plane) => ({ ...plane.sign(jobOf(plane)), alg: 'none' })],
  'offers an older protocol': ['protocol.unsupported', (plane) => ({ ...plane.sign(jobOf(plane)), protocol: 0 })],
  'is for another agent': ['audience.wrong', (plane) => plane.sign(jobOf(plane, { agentId: 'agent-somebody-else' as never }))],
  'has expired': ['command.expired', (plane) => plane.sign(jobOf(plane, { notBefore: at(-600), expiresAt: at(-130) }))],
  'is not valid yet': ['command.early', (plane) => plane.sign(jobOf(plane, { notBefore: at(130), expiresAt: at(600) }))],
  'is signed, and no command': ['command.malformed', (plane) => plane.sign({ ...jobOf(plane), type: 'run-anything' } as never)],
  'is signed, and holds more than a command': ['command.malformed', (plane) => plane.sign({ ...jobOf(plane), shell: 'id' } as never)],
  'is no command': ['command.malformed', () => 'run'],
};

describe('a command', () => {
  test.for(Object.entries(NOT_BELIEVED))('T111. that %s is refused, told to agent-mgmt, and not run', async ([, [code, make]], { plane, agent }) => {
    expect(await plane.ring(make(plane))).toMatchObject({ outcome: 'refused', code });
    await eventually(() => expect(plane.told.refused).toMatchObject([{ agentId: plane.agentId, code }]));
    // Whoever rang may be a stranger: what he says about a job is not passed on.
    expect(plane.told.refused[0]).not.toHaveProperty('jobId');
    expect(await plane.ring(plane.sign({ ...plane.common(), type: 'ping' }))).toEqual({ outcome: 'accepted' });
    expect(existsSync(join(agent.config.stateDir, 'apps/probe/ran'))).toBe(false);
  });

  test('within two minutes of its time is obeyed', async ({ plane }) => {
    const ping = { ...plane.common(), type: 'ping' as const };
    expect(await plane.ring(plane.sign({ ...ping, notBefore: at(-600), expiresAt: at(-100) }))).toEqual({ outcome: 'accepted' });
    expect(await plane.ring(plane.sign({ ...ping, notBefore: at(100), expiresAt: at(600) }))).toEqual({ outcome: 'accepted' });
  });

  test('that looks late because this clock is wrong is refused with that reason', async ({ plane, agent }) => {
    plane.faults.clockOffsetMs = -600_000;
    plane.open.push(plane.sign({ ...plane.common(), type: 'ping', notBefore: at(-700), expiresAt: at(-480) }));
    await agent.terminate();
    const begunAt = Date.now();
    agent.start();
    await eventually(() => expect(plane.told.refused).toMatchObject([{ code: 'clock.off', reason: expect.stringMatching(/ \d+ seconds ahead of the control plane's; set it$/) }]), { timeoutMs: 20_000 });
    // The answer with the plane's time was on its way for a part of this.
    const onItsWay = (Date.now() - begunAt) / 1000;
    const ahead = Number(/(\d+) seconds ahead/.exec(plane.told.refused[0]?.reason ?? '')?.[1]);
    expect(ahead).toBeGreaterThanOrEqual(600);
    expect(ahead).toBeLessThanOrEqual(Math.round(600 + onItsWay));
  });

  test('that agent-mgmt itself sent and that is refused names its job, which then shows the reason', async ({ plane, agent }) => {
    const job = jobOf(plane, { notBefore: at(-600), expiresAt: at(-130) });
    plane.open.push(plane.sign(job));
    await agent.terminate();
    agent.start();
    await eventually(() => expect(plane.told.refused).toMatchObject([{ code: 'command.expired', jobId: job.jobId, attempt: 1 }]), { timeoutMs: 20_000 });
  });
});

describe('a job that was taken before', () => {
  const ranOnce = async (plane: ControlPlane) => {
    const job = jobOf(plane, { attempt: 2 });
    expect(await plane.ring(plane.sign(job))).toEqual({ outcome: 'accepted' });
    await eventually(() => expect(plane.finishedOf(job.jobId)).toHaveLength(1));
    return job;
  };

  test('T111. is not run again when its command comes again, also after a restart', async ({ plane, agent }) => {
    const job = await ranOnce(plane);
    // Before that it would tell again by itself after its restart.
    await eventually(async () => expect(await readFile(join(agent.config.stateDir, 'journal/journal.jsonl'), 'utf8')).toContain('"type":"told"'));
    const reports = plane.finishedOf(job.jobId).length;
    await agent.terminate();
    agent.start();
    await eventually(async () => expect(await plane.ring(plane.sign(job))).toEqual({ outcome: 'accepted' }), { timeoutMs: 20_000 });
    await eventually(() => expect(plane.finishedOf(job.jobId).length).toBeGreaterThan(reports));
    // A report whose answer is late is sent once more; all of them tell of the one ending.
    expect(new Set(plane.finishedOf(job.jobId).map(({ at }) => at)).size).toBe(1);
    expect(plane.told.started).toHaveLength(1);
    expect(readFileSync(join(agent.config.stateDir, 'apps/probe/ran'), 'utf8')).toBe('ran\n');
  });

  test.for([
    ['with another command for the same attempt', 'command.replayed', () => ({ commandId: randomUUID() })],
    ['with the same command for the next attempt', 'command.replayed', () => ({ attempt: 3 })],
    ['with an attempt before the one that is known', 'attempt.outdated', () => ({ attempt: 1, commandId: randomUUID() })],
    ['with another installer in the next attempt', 'installer.changed', (plane: ControlPlane) => ({ attempt: 3, commandId: randomUUID(), installerDigest: plane.publish('exit 0') })],
  ] as const)('is refused %s', async ([, code, change], { plane }) => {
    const job = await ranOnce(plane);
    expect(await plane.ring(plane.sign({ ...job, ...change(plane) }))).toMatchObject({ outcome: 'refused', code });
    await eventually(() => expect(plane.told.refused).toMatchObject([{ code }]));
    expect(plane.told.started).toHaveLength(1);
  });

  test('takes the next attempt with a command of its own', async ({ plane }) => {
    const job = await ranOnce(plane);
    expect(await plane.ring(plane.sign({ ...job, attempt: 3, commandId: randomUUID() }))).toEqual({ outcome: 'accepted' });
    await eventually(() => expect(plane.finishedOf(job.jobId)).toHaveLength(2));
  });
});

describe('an installer', () => {
  test('whose digest nobody knows is refused, and not tried again as if it had failed', async ({ plane }) => {
    const job = plane.runJob({ installerDigest: `sha256:${'0'.repeat(64)}` as never });
    await plane.ring(plane.sign(job));
    await eventually(() => expect(plane.finishedOf(job.jobId)).toMatchObject([{ outcome: 'refused', reason: expect.stringContaining('no installer with the digest that was signed') }]));
  });
});

describe('the keys of commands', () => {
  const next = generateSigningKeys();
  const both = (plane: ControlPlane) => [{ keyId: 'k1', publicKey: plane.publicKey }, { keyId: 'k2', publicKey: next.publicKey }];
  const trust = (plane: ControlPlane, keys: ReturnType<typeof both>, issuedAt: string) => ({ ...plane.common(), type: 'trust-keys' as const, keys, issuedAt });
  const ping = (plane: ControlPlane) => ({ ...plane.common(), type: 'ping' as const });

  test('T844. are followed by others that a known one vouches for, and are kept over a restart', async ({ plane, agent }) => {
    expect(plane.told.hellos[0]?.keyIds).toEqual(['k1']);
    expect(await plane.ring(plane.sign(trust(plane, both(plane), at(0))))).toEqual({ outcome: 'accepted' });
    expect(await plane.ring(plane.sign(ping(plane), next.privateKey, 'k2'))).toEqual({ outcome: 'accepted' });
    expect(await plane.ring(plane.sign(trust(plane, both(plane).slice(1), at(1)), next.privateKey, 'k2'))).toEqual({ outcome: 'accepted' });
    await agent.terminate();
    agent.start();
    await eventually(() => expect(plane.told.hellos.at(-1)?.keyIds).toEqual(['k2']), { timeoutMs: 20_000 });
    await eventually(async () => expect(await plane.ring(plane.sign(ping(plane)))).toMatchObject({ outcome: 'refused', code: 'key.unknown' }));
  });

  test('are not followed by a stranger\'s, nor by older ones', async ({ plane }) => {
    expect(await plane.ring(plane.sign(trust(plane, both(plane), at(0)), next.privateKey, 'k2'))).toMatchObject({ code: 'key.unknown' });
    expect(await plane.ring(plane.sign(trust(plane, both(plane), at(0))))).toEqual({ outcome: 'accepted' });
    expect(await plane.ring(plane.sign(trust(plane, both(plane).slice(0, 1), at(-60))))).toMatchObject({ code: 'keys.outdated' });
    expect(await plane.ring(plane.sign(ping(plane), next.privateKey, 'k2'))).toEqual({ outcome: 'accepted' });
  });

  test('that are not known make the agent say hello, not connect anew', async ({ plane }) => {
    const hellos = plane.told.hellos.length;
    await plane.ring(plane.sign(ping(plane), next.privateKey, 'k2'));
    await eventually(() => expect(plane.told.hellos.length).toBeGreaterThan(hellos));
    expect(plane.told.renewals).toBe(0);
  });
});
