import { SERVICE_RIGHTS, STEWARD_RIGHTS, inboxPrefixOf, type NatsRights, type ServiceName } from '@citrus/contracts';
import { startNats } from '@citrus/kit-embedded';
import { eventually } from '@citrus/kit-testing';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { describe, expect } from 'vitest';
import { startFeed } from '../feed/feed.ts';
import { added, context, test as base } from '../log.fixture.ts';
import { startRelay } from './relay.ts';
import { remakeWith, type RemakeStream } from './remake-stream.ts';

const permissions = ({ publish, subscribe }: NatsRights): string => JSON.stringify({ publish, subscribe, allow_responses: true });

/** A server on which each service may do what contracts give it and nothing else. */
// oxlint-disable-next-line no-empty-pattern -- vitest reads a fixture's dependencies from this pattern
const test = base.extend('connectAs', async ({}, { onCleanup }) => {
  const rights = { provisioning: SERVICE_RIGHTS.provisioning, 'agent-mgmt': SERVICE_RIGHTS['agent-mgmt'], steward: STEWARD_RIGHTS };
  const users = Object.entries(rights).map(([name, own]) => `{ user: "${name}", password: "x", permissions: ${permissions(own)} }`);
  const nats = await startNats({ config: ({ port, dir }) => `listen: "127.0.0.1:${port}"\njetstream { store_dir: "${dir}/jetstream" }\nauthorization { users: [${users.join(', ')}] }\n` });
  const closing: (() => Promise<void>)[] = [];
  onCleanup(async () => {
    for (const close of closing) await close();
    await nats.stop();
  });
  return async (name: ServiceName | 'steward') => {
    const connection = await connect({ servers: nats.url, user: name, pass: 'x', inboxPrefix: name === 'steward' ? '_INBOX_steward' : inboxPrefixOf(name) });
    closing.push(() => connection.close());
    return connection;
  };
});

describe('with the rights of its service alone', () => {
  test('a relay waits for its steward and fills its stream, the next one knows it again, and a feed follows it', async ({ log, connectAs }) => {
    const owner = await connectAs('provisioning');
    const reader = await connectAs('agent-mgmt');
    const steward = remakeWith(await jetstreamManager(await connectAs('steward'), { checkAPI: false }), 'provisioning');
    let isAway = true;
    const remake: RemakeStream = (wanted) => (isAway ? Promise.reject(new Error('auth is away')) : steward(wanted));
    const relay = startRelay({ databaseUrl: log.databaseUrl, nats: owner, service: 'provisioning', pool: log.pool, remake });
    await eventually(() => expect(relay.status().error).toBe('the stream EVENTS_provisioning is not there and waits for its steward: auth is away'));
    isAway = false;
    const seen: number[] = [];
    const feed = startFeed({
      databaseUrl: log.databaseUrl, db: log.db, nats: reader, source: 'provisioning', consumer: 'test-rights',
      requests: { call: () => Promise.reject(new Error('not needed')) },
      handle: (event) => Promise.resolve(void seen.push(event.position)),
    });
    await log.store.append({ stream: 'account-1', expected: 'none', events: [added(1), added(2)], context: context() });
    await eventually(() => seen.length === 2);
    await relay.stop();
    const successor = startRelay({ databaseUrl: log.databaseUrl, pool: log.pool, nats: owner, service: 'provisioning', remake });
    await log.store.append({ stream: 'account-1', expected: 2, events: [added(3)], context: context() });
    await eventually(() => seen.length === 3);
    await feed.stop();
    await successor.stop();
    for (const one of [owner, reader]) await expect((await jetstreamManager(one, { checkAPI: false })).streams.delete('EVENTS_provisioning')).rejects.toThrow(/permissions violation/i);
  });
});
