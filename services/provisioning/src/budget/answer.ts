/**
 * What a cloud's answer says about its limits, taken down with distrust (pure): DigitalOcean and Hetzner name the headers
 * alike. A number that makes no sense says nothing; one that would lock us out for long, or let everything through, is cut.
 */
import { standing, type Account, type Closed } from './account.ts';

export type Answered = {
  readonly status: number;
  readonly perHour?: number;
  readonly left?: number;
  /** Unix time in seconds; when the oldest call of the hour counts no more. Can lie in the past. */
  readonly resetAt?: number;
  readonly retryAfterSeconds?: number;
};

const SHORT_BREAK_MS = 2000;
const LONG_BREAK_MS = 60_000;
/** After that the cloud is asked again, whatever it has said. */
const LONGEST_BREAK_MS = 3_600_000;
const FEWEST_PER_HOUR = 60;
const MOST_PER_HOUR = 10_000_000;

const numberIn = (text: string | undefined, least: number, most: number): number | undefined => {
  if (text === undefined || !/^\d{1,12}$/.test(text)) return undefined;
  const number = Number(text);
  return number >= least && number <= most ? number : undefined;
};

export const answeredBy = (status: number, header: (name: string) => string | undefined): Answered => {
  const perHour = numberIn(header('ratelimit-limit'), FEWEST_PER_HOUR, MOST_PER_HOUR);
  const left = numberIn(header('ratelimit-remaining'), 0, MOST_PER_HOUR);
  const resetAt = numberIn(header('ratelimit-reset'), 0, 999_999_999_999);
  const retryAfterSeconds = numberIn(header('retry-after'), 0, LONGEST_BREAK_MS / 1000);
  return {
    status, ...(perHour !== undefined && { perHour }), ...(left !== undefined && { left }),
    ...(resetAt !== undefined && { resetAt }), ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
  };
};

/** Must all replicas know it at once? The rest can wait for the next call. */
export const isUrgent = ({ status, left }: Answered): boolean => status === 429 || status === 401 || left === 0;

const breakOf = ({ status, left, resetAt, retryAfterSeconds }: Answered, clock: number): number => {
  if (status === 401) return LONG_BREAK_MS;
  if (status !== 429 && left !== 0) return 0;
  if (status === 429 && retryAfterSeconds !== undefined) return Math.max(1000, retryAfterSeconds * 1000);
  return resetAt === undefined ? SHORT_BREAK_MS : Math.min(LONG_BREAK_MS, Math.max(SHORT_BREAK_MS, resetAt * 1000 - clock));
};

/** `mostPerHour`: what an announced limit may raise ours to. */
export const learn = (before: Account, clock: number, answered: Answered, mostPerHour: number): Account => {
  const account = standing(before, clock);
  const { left, perHour } = answered;
  const breakMs = breakOf(answered, clock);
  const closed: Closed | null = breakMs === 0 ? null : { until: account.at + breakMs, cause: answered.status === 401 ? 'unauthorized' : 'limit' };
  return {
    ...account,
    perHour: perHour === undefined ? account.perHour : Math.min(perHour, mostPerHour),
    isTold: account.isTold || perHour !== undefined,
    left: left === undefined || left === 0 ? account.left : { calls: left, toldAt: account.at },
    closed: closed && closed.until > (account.closed?.until ?? 0) ? closed : account.closed,
  };
};
