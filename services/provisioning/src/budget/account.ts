/**
 * What one cloud credential has spent, and what the cloud has said about it (pure). Clouds count each call for an hour,
 * and the last minute's once more; both are counted here in slots of a twelfth, a slot as long as its youngest call, so
 * there is never more in a window than the limit, wherever the window begins. A bucket that refills would be smaller or
 * would let through twice its size at a border.
 *
 * Each kind of call has a share that the others leave free, so nothing starves, and what somebody waits for has the
 * largest one; the rest is whoever's comes first.
 *
 * Time is the database's, which all replicas share. It may jump back: then the account's own time stands still instead.
 */
import type { CallPriority } from '../provider/call-budget.ts';

export type Counts = Readonly<Record<CallPriority, number>>;
/** The most urgent first. */
export const PRIORITIES = ['change', 'look', 'survey'] as const satisfies readonly CallPriority[];
export const NONE: Counts = { change: 0, look: 0, survey: 0 };

const SHARES: Counts = { change: 0.4, look: 0.2, survey: 0.2 };
/** Left unspent: a call may be counted by the cloud a little later than here, and people try things with the same token. */
const MARGIN = 0.04;

type Slot = Counts & { readonly number: number };
type Window = { readonly lengthMs: number; readonly slotMs: number };
const MINUTE: Window = { lengthMs: 60_000, slotMs: 5000 };
const HOUR: Window = { lengthMs: 3_600_000, slotMs: 300_000 };

export type Closed = { readonly until: number; readonly cause: 'limit' | 'unauthorized' };
export type Account = {
  /** The account's own time, in milliseconds; never goes back. */
  readonly at: number;
  /** How far it is ahead of the database's clock. */
  readonly aheadMs: number;
  readonly perHour: number;
  /** The cloud has told its limit; until then ours is a guess, and nobody waits long for it. */
  readonly isTold: boolean;
  readonly minute: readonly Slot[];
  readonly hour: readonly Slot[];
  /** What the cloud's last answer left us, less what was taken since; forgotten after a minute, because nobody may be told more. */
  readonly left: { readonly calls: number; readonly toldAt: number } | null;
  readonly closed: Closed | null;
};

/** DigitalOcean's, and what Hetzner allows is not far from it; the first answer tells the real one. */
export const FIRST_PER_HOUR = 3600;

export const newAccount = (clock: number, perHour = FIRST_PER_HOUR): Account => ({ at: clock, aheadMs: 0, perHour, isTold: false, minute: [], hour: [], left: null, closed: null });

const TOLD_FOR_MS = 60_000;
const LONGEST_GUESS_MS = 1000;

const stillCounts = ({ lengthMs, slotMs }: Window, now: number) => ({ number }: Slot) => (number + 1) * slotMs + lengthMs > now;

/** The account as it stands now. */
export const standing = (account: Account, clock: number): Account => {
  const aheadMs = Math.max(account.aheadMs, account.at - clock);
  const at = clock + aheadMs;
  const { left, closed } = account;
  return {
    ...account, at, aheadMs,
    minute: account.minute.filter(stillCounts(MINUTE, at)), hour: account.hour.filter(stillCounts(HOUR, at)),
    left: left && at < left.toldAt + TOLD_FOR_MS ? left : null, closed: closed && at < closed.until ? closed : null,
  };
};

const sum = ({ change, look, survey }: Counts): number => change + look + survey;
const spentIn = (slots: readonly Slot[], priority: CallPriority): number => slots.reduce((total, slot) => total + slot[priority], 0);

/** A twentieth of the hour's, as DigitalOcean has it. */
export const limitsOf = ({ perHour }: Account): { readonly minute: number; readonly hour: number } => {
  const hour = Math.max(1, Math.floor(perHour * (1 - MARGIN)));
  return { hour, minute: Math.max(1, Math.floor(hour / 20)) };
};

/** What is left for one kind of call when the others keep their shares. */
const roomIn = (slots: readonly Slot[], limit: number, priority: CallPriority): number => {
  const spent = slots.reduce((total, slot) => total + sum(slot), 0);
  const kept = PRIORITIES.filter((other) => other !== priority).reduce((total, other) => total + Math.max(0, Math.floor(SHARES[other] * limit) - spentIn(slots, other)), 0);
  return Math.max(0, limit - spent - kept);
};

const record = (slots: readonly Slot[], { slotMs }: Window, at: number, granted: Counts): readonly Slot[] => {
  const number = Math.floor(at / slotMs);
  const last = slots.at(-1);
  const base = last?.number === number ? last : { ...NONE, number };
  const slot = { number, change: base.change + granted.change, look: base.look + granted.look, survey: base.survey + granted.survey };
  return [...(base === last ? slots.slice(0, -1) : slots), slot];
};

const roomsOf = (account: Account, priority: CallPriority) => {
  const limits = limitsOf(account);
  return { minute: roomIn(account.minute, limits.minute, priority), hour: roomIn(account.hour, limits.hour, priority), told: account.left?.calls ?? Number.POSITIVE_INFINITY };
};

const endOf = ([oldest]: readonly Slot[], { lengthMs, slotMs }: Window, at: number): number => (oldest ? (oldest.number + 1) * slotMs + lengthMs - at : slotMs);

/** How long a call of this kind has to wait at least; 0: there is room. The account must be `standing`. */
export const waitOf = (account: Account, priority: CallPriority): number => {
  const { at, closed, left } = account;
  if (closed) return closed.until - at;
  const room = roomsOf(account, priority);
  const waits = [room.hour < 1 && endOf(account.hour, HOUR, at), room.minute < 1 && endOf(account.minute, MINUTE, at), room.told < 1 && left && left.toldAt + TOLD_FOR_MS - at];
  const longest = Math.max(0, ...waits.filter((wait) => typeof wait === 'number'));
  return account.isTold ? longest : Math.min(longest, LONGEST_GUESS_MS);
};

export type Spent = { readonly account: Account; readonly granted: Counts };

/** Takes as many of the wanted calls as there may be, the most urgent first. */
export const spend = (before: Account, clock: number, wanted: Counts): Spent => {
  let account = standing(before, clock);
  let granted = NONE;
  for (const priority of PRIORITIES) {
    const { minute, hour, told } = roomsOf(account, priority);
    const count = account.closed ? 0 : Math.min(wanted[priority], minute, hour, told);
    if (count < 1) continue;
    const taken = { ...NONE, [priority]: count };
    granted = { ...granted, [priority]: count };
    account = {
      ...account, minute: record(account.minute, MINUTE, account.at, taken), hour: record(account.hour, HOUR, account.at, taken),
      left: account.left && { ...account.left, calls: account.left.calls - count },
    };
  }
  return { account, granted };
};
