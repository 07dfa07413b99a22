import { STREAMS } from '@citrus/contracts';
import { eventually, test } from '@citrus/kit-testing';
import { jetstreamManager } from '@nats-io/jetstream';
import { describe, expect } from 'vitest';
import { connectNats, deployStreams } from './index.ts';

describe('the deploy step', () => {
  test('makes every declared stream, twice without harm', async ({ nats }) => {
    const nc = await connectNats({ url: nats.url, name: 'deployer', inboxPrefix: '_INBOX_deployer' });
    await deployStreams(nc);
    await deployStreams(nc);
    const made = await (await jetstreamManager(nc)).streams.list().next();
    expect(made.map(({ config }) => config.name).sort()).toEqual(STREAMS.map(({ name }) => name).sort());
    expect(made.find(({ config }) => config.name === 'LOGS')?.config).toMatchObject({ no_ack: true, compression: 's2', max_msgs_per_subject: 50_000 });
    await nc.close();
  });
});

describe('a connection', () => {
  test('waits for a broker that is not there yet, says so, and comes back after a crash', async ({ nats }) => {
    const said: string[] = [];
    const log = (_fields: object, message: string) => said.push(message);
    await nats.kill();
    const connecting = connectNats({ url: nats.url, name: 'test', inboxPrefix: '_INBOX_test', logger: { debug: log, info: log, warn: log, error: log } });
    await eventually(() => said.some((message) => message.includes('does not let us in')));
    await nats.restart();
    const nc = await connecting;
    await nats.kill();
    await nats.restart();
    await eventually(() => said.includes('connected to NATS again'));
    await nc.flush();
    await nc.close();
  });

  test('that is told to stop while it waits does', async ({ nats }) => {
    await nats.kill();
    const stop = new AbortController();
    const connecting = connectNats({ url: nats.url, name: 'test', inboxPrefix: '_INBOX_test', signal: stop.signal });
    stop.abort();
    await expect(connecting).rejects.toThrow();
    await nats.restart();
  });
});
