/**
 * When a schedule is due: five fields of cron, read in a time zone. Pure. A wall-clock time that a day does not have
 * (clocks go forward) is due as much later as was left out; one that it has twice is due the first time, unless every
 * hour is meant: then each of them counts.
 */
export type Cron = { readonly minutes: readonly number[]; readonly hours: readonly number[]; readonly days: readonly number[]; readonly months: readonly number[]; readonly weekdays: readonly number[] };
type Field = { readonly name: string; readonly from: number; readonly to: number; readonly words?: readonly string[] };

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const FIELDS: readonly Field[] = [
  { name: 'minute', from: 0, to: 59 }, { name: 'hour', from: 0, to: 23 }, { name: 'day', from: 1, to: 31 }, { name: 'month', from: 1, to: 12, words: MONTHS }, { name: 'weekday', from: 0, to: 7, words: WEEKDAYS },
];
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** The 29th of February on a given weekday comes every 28 years, or 40 around 2100; who waits longer waits for ever. */
const DAYS_AHEAD = 366 * 41;

export class CronFault extends Error {
  override readonly name = 'CronFault';
}

const valueOf = (text: string, { name, from, to, words }: Field): number => {
  const word = words?.indexOf(text.toLowerCase()) ?? -1;
  const value = word >= 0 ? word + (from === 1 ? 1 : 0) : /^\d{1,2}$/.test(text) ? Number(text) : NaN;
  if (!(value >= from && value <= to)) throw new CronFault(`"${text}" is no ${name}; it goes from ${from} to ${to}`);
  return value;
};

const parsePart = (part: string, field: Field): number[] => {
  const [, range = '', step] = /^([^/]+)(?:\/(\d{1,2}))?$/.exec(part) ?? [];
  const every = step === undefined ? 1 : Number(step);
  if (range === '' || every === 0) throw new CronFault(`"${part}" is no ${field.name}; write 5, 1-5, */10 or 1,15`);
  const [low = '', high] = range.split('-');
  const from = range === '*' ? field.from : valueOf(low, field);
  const to = range === '*' ? field.to : high !== undefined ? valueOf(high, field) : step === undefined ? from : field.to;
  if (from > to) throw new CronFault(`"${part}" goes backwards`);
  return Array.from({ length: Math.floor((to - from) / every) + 1 }, (_, index) => from + index * every);
};

const parseField = (text: string, field: Field): number[] => [...new Set(text.split(',').flatMap((part) => parsePart(part, field)))].sort((a, b) => a - b);

/** @throws CronFault */
export const parseCron = (text: string): Cron & { readonly isEitherDay: boolean } => {
  const parts = text.trim().split(/\s+/);
  if (parts.length !== FIELDS.length) throw new CronFault('it has five fields: minute, hour, day of the month, month, day of the week');
  const [minutes = [], hours = [], days = [], months = [], weekdays = []] = FIELDS.map((field, index) => parseField(parts[index] ?? '', field));
  // As cron does it: when both are said, either is enough.
  return { minutes, hours, days, months, weekdays: [...new Set(weekdays.map((day) => day % 7))], isEitherDay: !parts[2]?.startsWith('*') && !parts[4]?.startsWith('*') };
};

export const isTimeZone = (zone: string): boolean => {
  try {
    formatOf(zone);
    return /^[A-Za-z]+(?:[/_+-][A-Za-z0-9_+-]+)*$/.test(zone);
  } catch {
    return false;
  }
};

/** By the zone in small letters: Intl takes any spelling of it, and each format costs memory for as long as the process runs. */
const formats = new Map<string, Intl.DateTimeFormat>();
const formatOf = (zone: string): Intl.DateTimeFormat => {
  const key = zone.toLowerCase();
  const known = formats.get(key) ?? new Intl.DateTimeFormat('en-US', { timeZone: zone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' });
  formats.set(key, known);
  return known;
};

/** The wall clock of the zone at this instant, written as if it were UTC. */
const wallOf = (instant: number, zone: string): number => {
  const part = Object.fromEntries(formatOf(zone).formatToParts(instant).map(({ type, value }) => [type, Number(value)]));
  return Date.UTC(part['year'] ?? 0, (part['month'] ?? 1) - 1, part['day'] ?? 1, part['hour'] ?? 0, part['minute'] ?? 0, part['second'] ?? 0);
};
const offsetAt = (instant: number, zone: string): number => wallOf(instant, zone) - Math.floor(instant / 1000) * 1000;

/** The zone's clock around a day: it shows UTC and `before`, from `changesAt` on UTC and `after`. */
type DayClock = { readonly before: number; readonly after: number; readonly changesAt: number };

/** Asking Intl for a wall clock is slow, so a day asks a few times and not for each of its minutes. */
const clockAround = (midnight: number, zone: string): DayClock => {
  let [low, high] = [midnight - DAY_MS, midnight + 2 * DAY_MS];
  const [before, after] = [offsetAt(low, zone), offsetAt(high, zone)];
  if (before === after) return { before, after, changesAt: high };
  while (high - low > 1000) {
    const middle = low + Math.ceil((high - low) / 2000) * 1000;
    if (offsetAt(middle, zone) === before) low = middle;
    else high = middle;
  }
  return { before, after, changesAt: high };
};

/** The instants at which the zone's wall clock shows this, the earliest first; none where the clock jumps over it. */
const instantsOf = (wall: number, { before, after, changesAt }: DayClock): { readonly shown: readonly number[]; readonly instead: number } => {
  const shown = [...(wall - before < changesAt ? [wall - before] : []), ...(wall - after >= changesAt ? [wall - after] : [])];
  return { shown: shown.sort((a, b) => a - b), instead: wall - before };
};

const isMeant = ({ days, months, weekdays, isEitherDay }: ReturnType<typeof parseCron>, day: Date): boolean => {
  if (!months.includes(day.getUTCMonth() + 1)) return false;
  const [byDate, byWeekday] = [days.includes(day.getUTCDate()), weekdays.includes(day.getUTCDay())];
  return isEitherDay ? byDate || byWeekday : byDate && byWeekday;
};

/** The first instant of that day's wall clock after `after`. */
const firstOn = (midnight: number, { cron, zone, after }: { cron: ReturnType<typeof parseCron>; zone: string; after: number }): number | undefined => {
  const isEveryHour = cron.hours.length === 24;
  const clock = clockAround(midnight, zone);
  const notBefore = wallOf(after, zone) - 3 * 3_600_000;
  let first: number | undefined;
  for (const hour of cron.hours) {
    for (const minute of cron.minutes) {
      const wall = midnight + (hour * 60 + minute) * MINUTE_MS;
      if (wall < notBefore) continue;
      const { shown, instead } = instantsOf(wall, clock);
      const due = isEveryHour ? shown : [shown[0] ?? instead];
      const next = due.find((instant) => instant > after);
      if (next !== undefined && (first === undefined || next < first)) first = next;
      if (first !== undefined && clock.before === clock.after) return first;
    }
  }
  return first;
};

/** The first time after this instant; undefined when there is none, as on the 30th of February. @throws CronFault */
export const nextAfter = ({ cron: text, timeZone: zone }: { readonly cron: string; readonly timeZone: string }, instant: string): string | undefined => {
  const cron = parseCron(text);
  const after = Date.parse(instant);
  const today = Math.floor(wallOf(after, zone) / DAY_MS) * DAY_MS;
  // From the day before: where clocks go back over midnight, its last hour comes once more.
  for (let day = -1; day <= DAYS_AHEAD; day += 1) {
    const midnight = today + day * DAY_MS;
    if (!isMeant(cron, new Date(midnight))) continue;
    const first = firstOn(midnight, { cron, zone, after });
    if (first !== undefined) return new Date(first).toISOString();
  }
  return undefined;
};
