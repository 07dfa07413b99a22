/** A cron line in words, from what it comes to and not from how it is written: `0 3 * * mon-fri` is "At 03:00, Monday to Friday". */
import { parseCron } from './cron.ts';

const MONTHS = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December'];
const WEEKDAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const MOST_TIMES = 6;

const listed = (words: readonly string[], last = 'and'): string => (words.length < 2 ? (words[0] ?? '') : `${words.slice(0, -1).join(', ')} ${last} ${words.at(-1)}`);
const twoDigits = (value: number): string => String(value).padStart(2, '0');
const clock = (hour: number, minute: number): string => `${twoDigits(hour)}:${twoDigits(minute)}`;

/** Three or more in a row are "x to y". */
const spans = (values: readonly number[], nameOf: (value: number) => string): string[] => {
  const runs: number[][] = [];
  for (const value of values) {
    const run = runs.at(-1);
    if (run && run.at(-1) === value - 1) run.push(value);
    else runs.push([value]);
  }
  return runs.flatMap((run) => (run.length > 2 ? [`${nameOf(run[0] ?? 0)} to ${nameOf(run.at(-1) ?? 0)}`] : run.map(nameOf)));
};

/** The step of values that go from 0 evenly to the end; undefined when they do not. */
const stepOf = (values: readonly number[], size: number): number | undefined => {
  const [first, second] = values;
  if (first !== 0 || second === undefined || size % second !== 0) return undefined;
  return values.length === size / second && values.every((value, index) => value === index * second) ? second : undefined;
};

const timesOf = (minutes: readonly number[], hours: readonly number[]): string => {
  if (minutes.length * hours.length <= MOST_TIMES) return `At ${listed(hours.flatMap((hour) => minutes.map((minute) => clock(hour, minute))))}`;
  const step = stepOf(minutes, 60);
  const often = step === 1 ? 'Every minute' : step !== undefined ? `Every ${step} minutes` : minutes.length === 1 && minutes[0] === 0 ? 'On the hour' : `At minute ${listed(spans(minutes, String))} of the hour`;
  if (hours.length === 24) return often === 'On the hour' ? 'Every hour' : often;
  const every = stepOf(hours, 24);
  return every === undefined ? `${often}, in the hours ${listed(spans(hours, (hour) => clock(hour, 0)))}` : `${often}, every ${every} hours`;
};

/** Monday first, as people write weeks. */
const weekdaysOf = (weekdays: readonly number[]): string => listed(spans(weekdays.map((day) => (day === 0 ? 7 : day)).toSorted((a, b) => a - b), (day) => WEEKDAYS[day % 7] ?? ''));

/** @throws CronFault */
export const cronInWords = (text: string): string => {
  const { minutes, hours, days, months, weekdays, isEitherDay } = parseCron(text);
  const byDate = days.length < 31 ? `on day ${listed(spans(days, String))} of the month` : undefined;
  const byWeekday = weekdays.length < 7 ? weekdaysOf(weekdays) : undefined;
  const when = byDate && byWeekday ? `${byDate} ${isEitherDay ? 'or on' : 'if it is'} ${byWeekday}` : byDate ?? byWeekday ?? 'every day';
  const timed = timesOf(minutes, hours);
  const inMonths = months.length < 12 ? `, in ${listed(spans(months, (month) => MONTHS[month - 1] ?? ''))}` : '';
  // "Every hour, every day" says one thing twice.
  return when === 'every day' && timed.startsWith('Every') ? `${timed}${inMonths}` : `${timed}, ${when}${inMonths}`;
};
