/** Replicas that share an account, in a world whose clock jumps back and whose cloud says anything at all. */
import { array, assert, asyncProperty, constantFrom, integer, oneof, record, scheduler, string, type Scheduler } from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CallPriority } from '../provider/call-budget.ts';
import type { Account } from './account.ts';
import type { AccountStore } from './account.store.ts';
import { openSharedBudget } from './shared-budget.ts';

const START = 1_795_000_000_000;
const LIMITS = [[60_000, 250], [3_600_000, 5000]] as const;

type Act =
  | { readonly do: 'take'; readonly replica: number; readonly priority: CallPriority; readonly calls: number }
  | { readonly do: 'pass'; readonly ms: number }
  | { readonly do: 'jump-back'; readonly ms: number }
  | { readonly do: 'hear'; readonly replica: number; readonly status: number; readonly limit: string; readonly remaining: string; readonly reset: string; readonly retryAfter: string };

const replica = integer({ min: 0, max: 2 });
const said = oneof(string({ maxLength: 6 }), integer({ min: -3, max: 5000 }).map(String), constantFrom('', 'NaN', '-1', '1e9', '999999999999', '5000', '0'));
const anyAct = oneof(
  { weight: 6, arbitrary: record({ do: constantFrom('take' as const), replica, priority: constantFrom<CallPriority>('change', 'look', 'survey'), calls: integer({ min: 1, max: 400 }) }) },
  { weight: 4, arbitrary: record({ do: constantFrom('pass' as const), ms: oneof(integer({ min: 0, max: 20_000 }), integer({ min: 0, max: 2_000_000 }), constantFrom(4900, 50_000, 55_100, 59_900, 60_000, 65_000, 3_400_000, 3_599_000)) }) },
  { weight: 1, arbitrary: record({ do: constantFrom('jump-back' as const), ms: integer({ min: 1, max: 10_000_000 }) }) },
  // What the header announces as the limit is at most what the cloud enforces; everything else is what it likes.
  { weight: 2, arbitrary: record({ do: constantFrom('hear' as const), replica, status: constantFrom(200, 202, 401, 404, 422, 429, 500, 503), limit: said, remaining: said, reset: said, retryAfter: said }) },
);

/** A row that is changed by comparing versions; answers come in any order, and may be lost after they had their effect. */
const rowOf = (clock: () => number, order: Scheduler, isLost: () => boolean): AccountStore => {
  let row: { account: Account; version: number } | undefined;
  const passing = async <T>(act: () => T): Promise<T> => {
    await order.schedule(Promise.resolve());
    const result = act();
    await order.schedule(Promise.resolve());
    if (isLost()) throw new Error('the connection to the database is lost');
    return result;
  };
  return {
    read: () => passing(() => ({ account: row?.account, version: row?.version ?? 0, clock: clock() })),
    write: (_, version, account) => passing(() => {
      if ((row?.version ?? 0) !== version) return false;
      row = { account: JSON.parse(JSON.stringify(account)) as Account, version: version + 1 };
      return true;
    }),
  };
};

const mostIn = (times: readonly number[], lengthMs: number): number => {
  let [most, first] = [0, 0];
  times.forEach((time, index) => {
    while ((times[first] ?? time) <= time - lengthMs) first += 1;
    most = Math.max(most, index - first + 1);
  });
  return most;
};

describe('replicas that share a credential', () => {
  test('never spend more than the limit in any minute or hour, whatever the clock and the cloud say', { timeout: 60_000 }, async () => {
    const property = asyncProperty(array(anyAct, { maxLength: 60 }), scheduler(), integer({ min: 0, max: 20 }), async (acts: readonly Act[], order, losses) => {
      let [now, behind, asked] = [START, 0, 0];
      const spent: number[] = [];
      const store = rowOf(() => now - behind, order, () => losses > 0 && (asked += 1) % (losses + 3) === 0);
      const replicas = [0, 1, 2].map(() => openSharedBudget({ store, id: 'one', pause: async () => undefined }));
      const wanted: Promise<void>[] = [];
      for (const act of acts) {
        if (act.do === 'pass') {
          await order.waitIdle();
          now += act.ms;
        } else if (act.do === 'jump-back') behind += act.ms;
        else if (act.do === 'hear') {
          const values: Record<string, string> = { 'ratelimit-limit': act.limit, 'ratelimit-remaining': act.remaining, 'ratelimit-reset': act.reset, 'retry-after': act.retryAfter };
          wanted.push(replicas[act.replica]?.learn(act.status, (name) => values[name]) ?? Promise.resolve());
        } else {
          const calls = Array.from({ length: act.calls }, async () => {
            const turn = await replicas[act.replica]?.take(act.priority).catch(() => undefined);
            if (turn?.waitMs === 0) spent.push(now);
            else if (turn) expect(turn.waitMs).toBeGreaterThan(0);
          });
          wanted.push(...calls);
        }
      }
      await order.waitIdle();
      await Promise.all(wanted);
      for (const [lengthMs, limit] of LIMITS) expect(mostIn(spent, lengthMs)).toBeLessThanOrEqual(limit);
    });
    await assert(property, { numRuns: Number(process.env['CITRUS_BUDGETS'] ?? 300), interruptAfterTimeLimit: 15_000 });
  });
});
