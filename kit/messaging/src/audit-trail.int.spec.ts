import { AUDIT_STREAM, AuditEntry, STREAMS } from '@citrus/contracts';
import { eventually, test } from '@citrus/kit-testing';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { expect } from 'vitest';
import { AuditTrail } from './audit-trail.ts';
import { deployStreams } from './deploy-streams.ts';

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined, debug: () => undefined };
const clock = () => new Date(0);
const auditOnly = STREAMS.filter(({ name }) => name === AUDIT_STREAM);

const openTrail = async (url: string, options: { most?: number; stopWithinMs?: number } = {}) => {
  const nats = await connect({ servers: url });
  const counted = { kept: 0, lost: 0 };
  const lines: string[] = [];
  const logger = { ...silent, error: (_details: object, message: string) => void lines.push(message) };
  const trail = new AuditTrail({ nats, service: 'hub', clock, logger, count: (result, entries) => (counted[result] += entries), ...options });
  const { streams } = await jetstreamManager(nats);
  await streams.delete(AUDIT_STREAM).then(() => true, () => false);
  const stored = async () => {
    const { state } = await streams.info(AUDIT_STREAM);
    return Promise.all(Array.from({ length: state.messages }, async (_, index) => AuditEntry.parse((await streams.getMessage(AUDIT_STREAM, { seq: state.first_seq + index }))?.json())));
  };
  return { nats, trail, counted, lines, stored };
};

test('an entry waits until the broker has it', async ({ nats: { url } }) => {
  const { nats, trail, counted, stored } = await openTrail(url);
  trail.tell({ action: 'POST /api/servers', outcome: 'allowed' });
  expect(trail.waiting).toBe(1);
  await deployStreams(nats, auditOnly);
  await eventually(() => expect(counted).toEqual({ kept: 1, lost: 0 }));
  expect(await stored()).toEqual([expect.objectContaining({ service: 'hub', action: 'POST /api/servers', at: '1970-01-01T00:00:00.000Z' })]);
  expect(trail.waiting).toBe(0);
  await trail.stop();
  await nats.close();
});

test('a stop hands over what waits', async ({ nats: { url } }) => {
  const { nats, trail, stored } = await openTrail(url, { stopWithinMs: 30_000 });
  await deployStreams(nats, auditOnly);
  for (let n = 0; n < 200; n += 1) trail.tell({ action: 'a.b', outcome: 'refused', code: `n.${n}` });
  await trail.stop();
  expect((await stored()).map(({ code }) => code).toSorted()).toEqual(Array.from({ length: 200 }, (_, n) => `n.${n}`).toSorted());
  await nats.close();
});

test('a stop without a broker that takes them ends all the same, and says what is lost', async ({ nats: { url } }) => {
  const { nats, trail, counted, lines } = await openTrail(url, { stopWithinMs: 0 });
  trail.tell({ action: 'a.b', outcome: 'refused' });
  await trail.stop();
  expect(counted).toEqual({ kept: 0, lost: 1 });
  expect(lines).toEqual([expect.stringContaining('the process stops and NATS did not take it')]);
  await nats.close();
});

test('what does not fit is counted and said aloud', async ({ nats: { url } }) => {
  const { nats, trail, counted, lines } = await openTrail(url, { most: 2 });
  for (let n = 0; n < 5; n += 1) trail.tell({ action: 'a.b', outcome: 'refused' });
  trail.tell({ action: 'x'.repeat(500), outcome: 'refused' });
  expect(counted).toEqual({ kept: 0, lost: 4 });
  expect(lines[0]).toContain('an audit entry is lost');
  await deployStreams(nats, auditOnly);
  await eventually(() => expect(counted.kept).toBe(2));
  await trail.stop();
  await nats.close();
});
