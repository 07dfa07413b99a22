import { describe, expect, test } from 'vitest';
import { stageFor, whatOf } from '../testing/stage.ts';
import { change } from './change.ts';
import { preview } from './preview.ts';

const at = '2026-11-21T09:00:00.000Z';
const run = { installer: 'postgresql', action: 'backup', inputs: { keep: 7, path: '/var' }, priority: 'low', filter: 'tag:db', strategy: { waves: ['1', '100%'], atOnce: 2, maxFailures: '1' }, sample: { share: '10%', seed: 42 } };
const schedule = {
  id: '01a1ffcd-6123-7c39-8537-cedf255965a6', projectId: '11111111-1111-4111-8111-111111111111', name: 'nightly', cron: '30 2 * * *', timeZone: 'Europe/Berlin', run,
  status: 'active', nextDueAt: at, lastRunId: null, lastDueAt: null, missed: 0, missedAt: null, missedReason: null, createdAt: at, updatedAt: at,
};
const { filter, ...rest } = run;
const asItStands = { name: 'nightly', cron: '30 2 * * *', timeZone: 'Europe/Berlin', filter, ...rest };
const times = { reading: 'At 04:00, Monday to Friday', next: ['2026-11-23T03:00:00.000Z'] };
const stage = () => stageFor((call) => ({ 'GET /api/schedules': { items: [schedule], nextCursor: null }, [`POST /api/schedules/${schedule.id}/change`]: schedule, 'POST /api/schedules/preview': times })[whatOf(call)]);
const unnamed = { input: [], dropInput: [] };

describe('citrus schedules change', () => {
  test.each([
    [{ name: 'daily' }, { ...asItStands, name: 'daily' }],
    [{ on: '*', input: ['keep=14'], dropInput: ['path'] }, { ...asItStands, filter: '*', inputs: { keep: '14' } }],
    [{ atOnce: '5' }, { ...asItStands, strategy: { ...run.strategy, atOnce: 5 } }],
    [{ waves: '25%,100%', maxFailures: '5%' }, { ...asItStands, strategy: { waves: ['25%', '100%'], atOnce: 2, maxFailures: '5%' } }],
    [{ seed: 1 }, { ...asItStands, sample: { share: '10%', seed: 1 } }],
    [{ sample: '50%' }, { ...asItStands, sample: { share: '50%', seed: 42 } }],
  ] as const)('%j changes that alone', async (options, body) => {
    const { sent, ...parts } = stage();
    await change('nightly', { ...unnamed, ...options }, parts);
    expect(sent).toMatchObject([{ method: 'POST' }]);
    expect(sent[0]?.body).toEqual(body);
  });
  test('takes all servers again', async () => {
    const { sent, ...parts } = stage();
    await change('nightly', { ...unnamed, sample: false }, parts);
    expect(sent[0]?.body).not.toHaveProperty('sample');
  });
  test('reads new times back in words', async () => {
    const { lines, ...parts } = stage();
    await change('nightly', { ...unnamed, cron: '0 4 * * mon-fri' }, parts);
    expect(lines.out.join('\n')).toMatch(/At 04:00, Monday to Friday \(Europe\/Berlin\)/);
  });
  test.each([[unnamed], [{ ...unnamed, dropInput: ['port'] }], [{ ...unnamed, sample: false as const, seed: 1 }]])('changes nothing for %j', async (options) => {
    const { sent, ...parts } = stage();
    await expect(change('nightly', options, parts)).rejects.toMatchObject({ exit: 2 });
    expect(sent).toEqual([]);
  });
});

describe('citrus schedules preview', () => {
  test('tells what the times mean, and the next ones here and in UTC', async () => {
    const { lines, calls, ...parts } = stage();
    await preview('0 4 * * mon-fri', { timeZone: 'Europe/Berlin' }, parts);
    expect(calls).toMatchObject([{ path: '/api/schedules/preview', body: { cron: '0 4 * * mon-fri', timeZone: 'Europe/Berlin' } }]);
    expect(lines.out.join('\n')).toMatch(/^At 04:00, Monday to Friday \(Europe\/Berlin\)\nNEXT +UTC\nMon.? 23 Nov 2026.* 04:00.* +2026-11-23 03:00 UTC$/);
  });
  test('is the answer of the API for programs, and UTC where a zone is not known here', async () => {
    const { lines, ...parts } = stage();
    await preview('0 4 * * *', { timeZone: 'Mars/Base', json: true }, parts);
    await preview('0 4 * * *', { timeZone: 'Mars/Base' }, parts);
    expect(JSON.parse(lines.out[0] ?? '')).toEqual(times);
    expect(lines.out.at(-1)).toMatch(/2026-11-23 03:00 UTC +2026-11-23 03:00 UTC/);
  });
});
