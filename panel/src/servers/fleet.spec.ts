/** The parts of the table of servers that decide something: what is shown, in which order, and to whom something is done. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { LiveServer } from '../api/types.ts';
import { doToAll, obstacleTo, type Result } from './bulk.ts';
import { filterOfNames, filterServers, needsLabels } from './fleet-filter.ts';
import { sortingIn, sortingText, sortServers, turned, COLUMNS } from './sorting.ts';
import { mergeRows, type Row } from './use-board.ts';
import { heardAt, keepSame } from './use-fleet.ts';

const server = (name: string, more: Partial<LiveServer> = {}): LiveServer =>
  ({ id: `id-${name}`, name, status: 'active', provider: 'digitalocean', region: 'fra1', size: 's', image: 'i', tags: ['web'], dropletRef: '1', agentId: 'agent', power: 'on', action: null, isProtected: false, maintenance: null, createdAt: '2026-11-22T00:00:00.000Z', lastSeenAt: null, ...more }) as LiveServer;
const fleet = [server('web-1', { tags: ['web', 'prod'] }), server('web-2'), server('web-10'), server('db-1', { tags: ['db'], region: 'sfo3' })];
const namesOf = (servers: readonly LiveServer[]): string[] => servers.map(({ name }) => name);

describe('the filter over the table', () => {
  test.each([
    ['', ['web-1', 'web-2', 'web-10', 'db-1'], '*'], ['tag:web+prod', ['web-1'], 'tag:web+prod'], ['web-* !name:web-2', ['web-1', 'web-10'], 'web-* !name:web-2'], ['region:fra1,sfo3 tag:db', ['db-1'], 'region:fra1,sfo3 tag:db'],
    ['web-1', ['web-1'], 'web-1'], ['web', ['web-1', 'web-2', 'web-10'], '*web*'], ['nobody', [], '*nobody*'],
  ])('%s shows %s', (text, names, filter) => {
    const filtered = filterServers(fleet, text);
    expect([namesOf(filtered.shown), filtered.filter, filtered.fault]).toEqual([names, filter, undefined]);
  });
  test('says what is wrong and where, and shows nobody', () => {
    expect(filterServers(fleet, 'tag:web regio:x')).toMatchObject({ shown: [], fault: { position: 8, message: expect.stringContaining('regio') } });
  });
  test('asks for labels only when it is about them', () => {
    expect([needsLabels('label:canary'), needsLabels('web'), needsLabels('tag:')]).toEqual([true, false, false]);
    expect(namesOf(filterServers(fleet, 'label:canary', (id) => (id === 'id-db-1' ? ['canary'] : [])).shown)).toEqual(['db-1']);
  });
  test('any text is a filter or has a fault, and what it shows a run would mean', () => {
    fc.assert(fc.property(fc.oneof(fc.string({ maxLength: 30 }), fc.string({ unit: fc.constantFrom('tag:', 'web', '-1', '+', ',', '!', ' ', '*'), maxLength: 8 })), (text) => {
      const { shown, filter, fault } = filterServers(fleet, text);
      if (fault) expect(shown).toEqual([]);
      else expect(filterServers(fleet, filter).shown).toEqual(shown);
    }), { numRuns: 300 });
  });
  test('names become a filter that means just them, as long as they fit', () => {
    expect(namesOf(filterServers(fleet, filterOfNames(['web-10', 'db-1']) ?? '').shown)).toEqual(['web-10', 'db-1']);
    expect(filterOfNames(Array.from({ length: 200 }, (_, index) => `server-${index}`))).toBeUndefined();
  });
});

test('columns sort both ways, numbers in names count, and the address keeps the order', () => {
  expect(namesOf(sortServers(fleet, sortingIn('name'), new Map()))).toEqual(['db-1', 'web-1', 'web-2', 'web-10']);
  expect(namesOf(sortServers(fleet, sortingIn('-name'), new Map()))).toEqual(['web-10', 'web-2', 'web-1', 'db-1']);
  expect(namesOf(sortServers([...fleet, server('a', { status: 'failed' })], sortingIn('state'), new Map()))[0]).toBe('a');
  for (const column of COLUMNS) {
    const twice = turned(turned(sortingIn(null), column), column);
    expect(sortingIn(sortingText(twice))).toEqual(twice);
  }
  expect(sortingIn('-drop table')).toEqual({ column: 'name', isDown: false });
});

describe('what is done to several servers', () => {
  test.each([
    [{ kind: 'power', type: 'reboot' }, {}, undefined], [{ kind: 'power', type: 'reboot' }, { provider: 'none' }, /no cloud/], [{ kind: 'power', type: 'power-on' }, {}, /switched on/], [{ kind: 'power', type: 'reboot' }, { power: 'off' }, /switched off/],
    [{ kind: 'maintenance', isOn: true }, { maintenance: { since: '', reason: null } }, /already/], [{ kind: 'maintenance', isOn: false }, {}, /not in maintenance/], [{ kind: 'protection', isProtected: true }, { isProtected: true }, /protected/],
    [{ kind: 'delete' }, { isProtected: true }, /protected/], [{ kind: 'delete' }, {}, undefined], [{ kind: 'delete' }, { status: 'deleting' }, /deleted/], [{ kind: 'labels' }, { agentId: null }, /no agent/],
  ] as const)('%j to %j', (doing, more, expected) => {
    const why = obstacleTo(doing, server('x', more));
    if (expected === undefined) expect(why).toBeUndefined();
    else expect(why).toMatch(expected);
  });
  test('one that fails holds nobody up, few go at once, and each is told of', async () => {
    let open = 0;
    let most = 0;
    const results = new Map<number, Result>();
    await doToAll(Array.from({ length: 20 }, (_, index) => index), async (item) => {
      open += 1;
      most = Math.max(most, open);
      await Promise.resolve();
      open -= 1;
      if (item % 7 === 3) throw new Error(`not ${item}`);
      return undefined;
    }, (item, result) => results.set(item, result));
    expect(most).toBeLessThanOrEqual(4);
    expect([...results.values()].filter(({ state }) => state === 'done')).toHaveLength(17);
    expect(results.get(10)).toEqual({ state: 'failed', text: 'not 10' });
  });
});

test('what has not changed stays the same object, and a chart stays until there is a newer one', () => {
  const again = fleet.map((each) => ({ ...each }));
  const kept = keepSame(fleet, [{ ...again[0]!, status: 'failed' }, ...again.slice(1)]);
  expect(kept.map((each, index) => each === fleet[index])).toEqual([false, true, true, true]);
  const [heard] = keepSame(fleet, [{ ...again[0]!, lastSeenAt: '2026-11-22T01:00:00.000Z' }]);
  expect([heard === fleet[0], heardAt(fleet[0]!).value]).toEqual([true, '2026-11-22T01:00:00.000Z']);
  const row = { serverId: 'a', apps: [], job: null, openJobs: 0, labels: [], load: { at: '', cpuPercent: [1], memoryPercent: [2], diskPercent: 3 } } as unknown as Row;
  const board = mergeRows(new Map(), [row]);
  expect(mergeRows(board, [{ ...row, load: null }]).get('a')).toBe(board.get('a'));
});
