import { eventsStreamOf, LOGGED_SERVICES, remakeEventsStreamOf, subjects } from '@citrus/contracts';
import { deployStreams } from '@citrus/kit-messaging';
import { eventually } from '@citrus/kit-testing';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { describe, expect } from 'vitest';
import { test } from '../auth-service.fixture.ts';

const infoOf = async (auth: { trusted: { signIn(role: 'deployer'): Promise<Parameters<typeof jetstreamManager>[0]> } }, stream: string) => (await jetstreamManager(await auth.trusted.signIn('deployer'))).streams.info(stream);

describe('the steward of the streams', () => {
  test('made the stream of auth’s own log, because auth asked', async ({ auth }) => {
    const { config } = await eventually(() => infoOf(auth, 'EVENTS_auth'));
    expect(config).toMatchObject({ subjects: ['evt.auth.>'], deny_delete: true, deny_purge: true });
  });

  test('makes each owner’s stream where it says, and nothing of what else it might say', async ({ auth }) => {
    for (const service of ['provisioning', 'agent-mgmt'] as const) {
      const requests = await auth.as(service);
      await requests.call(remakeEventsStreamOf(service), { firstSequence: 41, insteadOf: null });
      const { config, state } = await infoOf(auth, eventsStreamOf(service));
      expect([config.subjects, state.first_seq, config.republish, config.deny_delete]).toEqual([[subjects.eventsOf(service)], 41, undefined, true]);
      for (const wrong of [{ firstSequence: 0, insteadOf: null }, { firstSequence: 1.5, insteadOf: null }, { firstSequence: 1, insteadOf: null, republish: { src: '>', dest: '>' } }]) {
        await expect(requests.call(remakeEventsStreamOf(service), wrong as never)).rejects.toThrow();
      }
    }
    // The deploy step wants the same.
    await deployStreams(await auth.trusted.signIn('deployer'));
    expect((await infoOf(auth, 'EVENTS_provisioning')).state.first_seq).toBe(41);
  });

  test('removes only the stream that was meant, however often and late the request comes', async ({ auth }) => {
    await deployStreams(await auth.trusted.signIn('deployer'));
    const requests = await auth.as('provisioning');
    const before = await infoOf(auth, 'EVENTS_provisioning');
    const request = { firstSequence: 7, insteadOf: before.created };
    await requests.call(remakeEventsStreamOf('provisioning'), request);
    await jetstream(await auth.trusted.signIn('provisioning')).publish(subjects.event('provisioning', 'server-1', 'ServerRequested'), '{}');
    await Promise.all([requests.call(remakeEventsStreamOf('provisioning'), request), requests.call(remakeEventsStreamOf('provisioning'), request)]);
    expect((await infoOf(auth, 'EVENTS_provisioning')).state).toMatchObject({ messages: 1, last_seq: 7 });
  });

  test('T305. answers the owner of the log only', async ({ auth }) => {
    for (const service of LOGGED_SERVICES) await expect((await auth.as('hub')).call(remakeEventsStreamOf(service), { firstSequence: 1, insteadOf: null })).rejects.toThrow();
  });
});
