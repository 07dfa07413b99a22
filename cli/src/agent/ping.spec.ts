import { expect, test } from 'vitest';
import { ping } from './ping.ts';
import { stageFor } from '../testing/stage.ts';

const [ID, OTHER] = ['44444444-4444-4444-8444-444444444444', '55555555-5555-4555-8555-555555555555'];
const AT = '2026-11-21T09:00:00.000Z';
const server = { id: ID, projectId: ID, name: 'web-7', status: 'active', provider: 'none', region: 'none', size: 'none', image: 'none', tags: [], dropletRef: null, ipAddress: null, agentId: null, note: null, createdAt: AT, updatedAt: AT };
const all = {
  asked: 1, answered: 1, tookMs: 12.3, answeredWithin: { p50Ms: 12.3, p95Ms: 12.3, p99Ms: 12.3 }, unansweredBecause: { offline: 0, silent: 0, refused: 0 },
  answers: [{ agentId: 'agent-44444444', serverId: ID, roundTripMs: 3.21 }], unanswered: [] as object[],
};

const stage = (pinged: object) => {
  const { sent, lines: { out }, ...parts } = stageFor(({ path }) => (path === '/api/servers' ? { items: [server], nextCursor: null } : pinged));
  return { parts, sent, out };
};

test('says who answered, by the name of the server, and how fast', async () => {
  const { parts, sent, out } = stage(all);
  await ping('tag:web', { wait: '5' }, parts);
  expect(sent).toMatchObject([{ method: 'POST', path: '/api/agents/ping', body: { filter: 'tag:web', waitMs: 5000 } }]);
  expect(out.join('\n')).toMatch(/web-7 +yes +3\.2 ms +agent-44444444/);
  expect(out.at(-1)).toBe('Finished: 1 of 1 answered in 12 ms; half of them within 12 ms, 99 % within 12 ms.');
});

test('names who did not answer and why, counts those that are not named, and ends with a failure', async () => {
  const unanswered = [{ agentId: 'agent-55555555', serverId: OTHER, because: 'offline' }];
  const { parts, out } = stage({ ...all, asked: 4, unanswered, unansweredBecause: { offline: 3, silent: 0, refused: 0 } });
  await expect(ping(undefined, {}, parts)).rejects.toMatchObject({ exit: 1, code: 'agent.unanswered' });
  expect(out[0]).toMatch(new RegExp(`${OTHER} +no +not connected`));
  expect(out.at(-1)).toContain('2 more did not answer');
  const quiet = stage({ ...all, answered: 0, answers: [], answeredWithin: null, unanswered });
  await expect(ping(undefined, { json: true }, quiet.parts)).rejects.toMatchObject({ exit: 1 });
  expect(JSON.parse(quiet.out[0] ?? '')).toMatchObject({ asked: 1, answered: 0 });
});
