import { pingAgents, subjects } from '@citrus/contracts';
import { eventually } from '@citrus/kit-testing';
import { describe, expect } from 'vitest';
import { test } from '../testing/world.ts';

describe('a ping', () => {
  test('says who answered, who is not there, who is there and silent, and who refused', async ({ world }) => {
    await world.start();
    const [present, absent, silent, refusing, strange] = [await world.connect(), await world.absent(), await world.absent(), await world.connect(), await world.absent()];
    refusing.answer = () => ({ outcome: 'refused', code: 'clock.off', reason: 'the clock is wrong' });
    world.nats.subscribe(subjects.agent.command(silent.id), { callback: () => undefined });
    world.nats.subscribe(subjects.agent.command(strange.id), { callback: (_, message) => void message.respond('hello') });

    const pinged = await eventually(async () => {
      const told = await world.ask(pingAgents, { waitMs: 1000 });
      expect(told).toMatchObject({ asked: 5, answered: 1, unansweredBecause: { offline: 1, silent: 1, refused: 2 } });
      return told;
    }, { timeoutMs: 30_000 });
    expect(pinged.answers.map(({ agentId }) => agentId)).toEqual([present.id]);
    const because = Object.fromEntries(pinged.unanswered.map((one) => [one.agentId, one]));
    expect(because[absent.id]).toEqual({ agentId: absent.id, serverId: absent.serverId, because: 'offline' });
    expect(because[silent.id]?.because).toBe('silent');
    expect(because[refusing.id]?.reason).toBe('the clock is wrong [clock.off]');
    expect(because[strange.id]?.reason).toBe('It answered something that is no answer.');
    expect(pinged.tookMs).toBeGreaterThanOrEqual(990);

    const some = await world.ask(pingAgents, { serverIds: [present.serverId, refusing.serverId], waitMs: 4000 });
    expect(some).toMatchObject({ asked: 2, answered: 1 });
    const commands = new Set(present.received.filter(({ type }) => type === 'ping').map(({ commandId }) => commandId));
    expect(commands.size).toBe(present.received.filter(({ type }) => type === 'ping').length);
  });
});
