/**
 * One budget of calls for all replicas and all who share a token. Calls that are wanted at the same moment are taken
 * together, the most urgent first, so a busy process costs the database no more than an idle one's few calls.
 */
import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { Unavailable } from '@citrus/kit-domain';
import type { CallBudget, CallPriority, Turn } from '../provider/call-budget.ts';
import { limitsOf, newAccount, NONE, spend, standing, waitOf, type Account, type Counts } from './account.ts';
import type { AccountStore } from './account.store.ts';
import { answeredBy, isUrgent, learn, type Answered } from './answer.ts';

/** The same for all who use this token at this address: clouds count by token. It cannot be turned back into the token. */
export const budgetIdOf = (url: string, token: string): string => createHash('sha256').update(`citrus cloud budget\n${new URL(url).origin}\n${token}`).digest('hex').slice(0, 40);

export type Outlook = { readonly waitMs: number; readonly cause: 'limit' | 'unauthorized' };
export interface SharedBudget extends CallBudget {
  /** How long a call of this kind would have to wait now; nothing is taken. */
  outlook(priority: CallPriority): Promise<Outlook>;
  /** What the cloud allows in a minute, as far as this process has heard. */
  callsPerMinute(): number;
}

export type SharedBudgetOptions = {
  readonly store: AccountStore;
  readonly id: string;
  /** What an announced limit may raise ours to. */
  readonly mostPerHour?: number;
  readonly pause?: (ms: number) => Promise<unknown>;
};

type Waiting = { readonly priority: CallPriority; readonly settle: (turn: Turn) => void; readonly fail: (error: unknown) => void };

const TRIES = 40;
/** Answers that nobody has taken down yet: whatever closes the account, and the last one's numbers. */
const MOST_KEPT = 32;
/** Whoever was told to wait asks again: limits may be raised, and others may have let go of their shares. */
const LONGEST_WAIT_MS = 60_000;

export const openSharedBudget = ({ store, id, mostPerHour = Number.POSITIVE_INFINITY, pause: rest = pause }: SharedBudgetOptions): SharedBudget => {
  let waiting: Waiting[] = [];
  let answers: Answered[] = [];
  let running: Promise<void> | undefined;
  let reading: ReturnType<AccountStore['read']> | undefined;
  let perMinute = limitsOf(newAccount(0)).minute;

  const change = async <T>(by: (account: Account, clock: number) => { readonly account: Account; readonly result: T }): Promise<{ readonly result: T; readonly account: Account }> => {
    for (let tries = 0; tries < TRIES; tries += 1) {
      const { account, version, clock } = await store.read(id);
      const changed = by(account ?? newAccount(clock), clock);
      if (await store.write(id, version, changed.account)) return changed;
      await rest(Math.random() * (1 + tries));
    }
    throw new Unavailable('The budget of calls to the cloud is changed by too many at once.');
  };

  const settle = (callers: readonly Waiting[], granted: Counts, account: Account): void => {
    const left = { ...granted };
    for (const { priority, settle: end } of callers) {
      if (left[priority] > 0) {
        left[priority] -= 1;
        end({ waitMs: 0 });
      } else end({ waitMs: Math.max(1, Math.min(LONGEST_WAIT_MS, waitOf(account, priority))), cause: account.closed?.cause ?? 'limit' });
    }
  };

  const work = async (): Promise<void> => {
    while (waiting.length > 0 || answers.length > 0) {
      const [callers, told] = [waiting, answers];
      [waiting, answers] = [[], []];
      const wanted = callers.reduce<Counts>((counts, { priority }) => ({ ...counts, [priority]: counts[priority] + 1 }), NONE);
      try {
        const { result, account } = await change((before, clock) => {
          const spent = spend(told.reduce((known, answer) => learn(known, clock, answer, mostPerHour), before), clock, wanted);
          return { account: spent.account, result: spent.granted };
        });
        perMinute = limitsOf(account).minute;
        settle(callers, result, account);
      } catch (error) {
        // What was taken for nobody is lost, which is on the safe side; what was told is told again.
        answers = [...told, ...answers].slice(-MOST_KEPT);
        for (const { fail } of callers) fail(error);
        return;
      }
    }
  };
  const run = (): Promise<void> => {
    running ??= Promise.resolve().then(work).finally(() => {
      running = undefined;
      if (waiting.length > 0) void run();
    });
    return running;
  };

  return {
    take: (priority) => new Promise((resolve, reject) => {
      waiting.push({ priority, settle: resolve, fail: reject });
      void run();
    }),
    learn: async (status, header) => {
      const answer = answeredBy(status, header);
      answers = [...answers.filter(isUrgent), answer].slice(-MOST_KEPT);
      if (isUrgent(answer)) await run();
    },
    callsPerMinute: () => perMinute,
    outlook: async (priority) => {
      // Nothing is taken, so all who ask while somebody reads may have the same answer.
      reading ??= store.read(id).finally(() => (reading = undefined));
      const { account, clock } = await reading;
      if (!account) return { waitMs: 0, cause: 'limit' };
      const now = standing(account, clock);
      return { waitMs: waitOf(now, priority), cause: now.closed?.cause ?? 'limit' };
    },
  };
};

