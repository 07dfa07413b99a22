import { SERVICE_RIGHTS, inboxPrefixOf, type NatsRights, type ServiceName } from '@citrus/contracts';
import { startNats } from '@citrus/kit-embedded';
import { eventually } from '@citrus/kit-testing';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { describe, expect } from 'vitest';
import { startFeed } from '../feed/feed.ts';
import { added, context, test as base } from '../log.fixture.ts';
import { startRelay } from './relay.ts';

const permissions = ({ publish, subscribe }: NatsRights): string => JSON.stringify({ publish, subscribe, allow_responses: true });

/** A server on which each service may do what contracts give it and nothing else. */
// oxlint-disable-next-line no-empty-pattern -- vitest reads a fixture's dependencies from this pattern
const test = base.extend('connectAs', async ({}, { onCleanup }) => {
  const users = (['provisioning', 'agent-mgmt'] as const).map((name) => `{ user: "${name}", password: "x", permissions: ${permissions(SERVICE_RIGHTS[name])} }`);
  const nats = await startNats({ config: ({ port, dir }) => `listen: "127.0.0.1:${port}"\njetstream { store_dir: "${dir}/jetstream" }\nauthorization { users: [${users.join(', ')}] }\n` });
  const closing: (() => Promise<void>)[] = [];
  onCleanup(async () => {
    for (const close of closing) await close();
    await nats.stop();
  });
  return async (name: ServiceName) => {
    const connection = await connect({ servers: nats.url, user: name, pass: 'x', inboxPrefix: inboxPrefixOf(name) });
    closing.push(() => connection.close());
    return connection;
  };
});

describe('with the rights of its service alone', () => {
  test('a relay makes and fills its stream, the next one knows it again, and a feed follows it', async ({ log, connectAs }) => {
    const owner = await connectAs('provisioning');
    const reader = await connectAs('agent-mgmt');
    const relay = startRelay({ databaseUrl: log.databaseUrl, nats: owner, service: 'provisioning', pool: log.pool });
    const seen: number[] = [];
    const feed = startFeed({
      databaseUrl: log.databaseUrl, db: log.db, nats: reader, source: 'provisioning', consumer: 'test-rights',
      requests: { call: () => Promise.reject(new Error('not needed')) },
      handle: (event) => Promise.resolve(void seen.push(event.position)),
    });
    await log.store.append({ stream: 'account-1', expected: 'none', events: [added(1), added(2)], context: context() });
    await eventually(() => seen.length === 2);
    await relay.stop();
    const successor = startRelay({ databaseUrl: log.databaseUrl, pool: log.pool, nats: owner, service: 'provisioning' });
    await log.store.append({ stream: 'account-1', expected: 2, events: [added(3)], context: context() });
    await eventually(() => seen.length === 3);
    await feed.stop();
    await successor.stop();
    await expect((await jetstreamManager(reader, { checkAPI: false })).streams.delete('EVENTS_provisioning')).rejects.toThrow(/permissions violation/i);
  });
});
