/**
 * Moments as people write them. Everything is UTC. What could be read in two ways is refused, because an answer about
 * the wrong moment looks exactly like an answer about the right one.
 */
import { usageFailure } from '../failure.ts';

const UNIT_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 7 * 86_400_000 };
const DAY_MS = 86_400_000;

const ADVICE = 'Write an ISO 8601 time (2026-11-21T10:00:00Z, 2026-11-21), now, today, yesterday, "yesterday 12:00", or how long ago: -2h, -30m, -7d, -1d12h. All times are UTC.';

const ISO = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,6}))?)?(Z|[+-]\d{2}:?\d{2})?)?$/;
const AGO = /^-((?:\d{1,6}[smhdw])+)$/;
const DAY = /^(today|yesterday)(?: (?:at )?(\d{2}):(\d{2}))?$/;

const midnight = (now: Date): number => Math.floor(now.getTime() / DAY_MS) * DAY_MS;

const minutesOf = (zone: string | undefined): number => {
  if (!zone || zone === 'Z') return 0;
  const [hours, minutes] = [Number(zone.slice(1, 3)), Number(zone.slice(-2))];
  return hours > 14 || minutes > 59 ? NaN : (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes);
};

/** NaN for a day or hour that no calendar or clock has: Date would roll it over into the next. */
const isoMs = (match: RegExpExecArray): number => {
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map((part) => Number(part ?? 0)) as [number, number, number, number, number, number];
  const local = Date.UTC(year, month - 1, day, hour, minute, second, Number((match[7] ?? '').padEnd(3, '0').slice(0, 3)));
  const isReal = new Date(local).toISOString().startsWith(`${match[1]}-${match[2]}-${match[3]}T${match[4] ?? '00'}:${match[5] ?? '00'}:${match[6] ?? '00'}`);
  return isReal && year > 0 ? local - minutesOf(match[8]) * 60_000 : NaN;
};

const agoMs = (text: string): number => [...text.matchAll(/(\d+)([smhdw])/g)].reduce((sum, [, count, unit]) => sum + Number(count) * (UNIT_MS[unit ?? ''] ?? NaN), 0);

const clockMs = (hour: string | undefined, minute: string | undefined): number =>
  hour === undefined ? 0 : Number(hour) > 23 || Number(minute) > 59 ? NaN : (Number(hour) * 60 + Number(minute)) * 60_000;

const msOf = (text: string, now: Date): number => {
  if (text === 'now') return now.getTime();
  const ago = AGO.exec(text);
  if (ago?.[1]) return now.getTime() - agoMs(ago[1]);
  const day = DAY.exec(text);
  if (day) return midnight(now) - (day[1] === 'yesterday' ? DAY_MS : 0) + clockMs(day[2], day[3]);
  const iso = ISO.exec(text);
  return iso ? isoMs(iso) : NaN;
};

/**
 * @returns ISO 8601 in UTC with milliseconds
 * @throws CliFailure when it is no moment, or one before the year 1
 */
export const parseInstant = (text: string, now: Date = new Date()): string => {
  const ms = msOf(text.trim(), now);
  // Beyond these years an ISO text looks different, and no database takes it.
  if (!(ms >= Date.UTC(1970, 0, 1) && ms < Date.UTC(9999, 11, 31))) throw usageFailure(`${JSON.stringify(text)} is not a time`, ADVICE);
  return new Date(ms).toISOString();
};

/** `2026-11-21T10:00:00.123Z` → `2026-11-21 10:00:00.123`, for a column that says UTC in its head. */
export const shownInstant = (at: string): string => at.replace('T', ' ').replace(/Z$/, '');
