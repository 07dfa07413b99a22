/** Times for people. */
const MINUTE = 60;
const HOUR = 3600;
const DAY = 86_400;

const twoParts = (most: number, unit: string, rest: number, restUnit: string): string => (rest === 0 ? `${most} ${unit}` : `${most} ${unit} ${rest} ${restUnit}`);

export const formatDuration = (ms: number): string => {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < MINUTE) return `${seconds} s`;
  if (seconds < HOUR) return twoParts(Math.floor(seconds / MINUTE), 'min', seconds % MINUTE, 's');
  if (seconds < DAY) return twoParts(Math.floor(seconds / HOUR), 'h', Math.floor((seconds % HOUR) / MINUTE), 'min');
  return twoParts(Math.floor(seconds / DAY), 'd', Math.floor((seconds % DAY) / HOUR), 'h');
};

const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });
const dayOfYear = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' });

/** "12 s ago" while that is a useful thing to say, then a date. */
export const formatAgo = (at: string, now: number): string => {
  const then = new Date(at);
  const seconds = Math.round((now - then.getTime()) / 1000);
  if (seconds < 5) return 'just now';
  if (seconds < MINUTE) return `${Math.floor(seconds / 5) * 5} s ago`;
  if (seconds < HOUR) return `${Math.floor(seconds / MINUTE)} min ago`;
  if (seconds < DAY) return `${Math.floor(seconds / HOUR)} h ago`;
  if (seconds < 14 * DAY) return `${Math.floor(seconds / DAY)} d ago`;
  return (then.getFullYear() === new Date(now).getFullYear() ? day : dayOfYear).format(then);
};

const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
export const formatClock = (at: string): string => clock.format(new Date(at));

const exact = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium' });
export const formatExact = (at: string): string => exact.format(new Date(at));

const UNITS = ['B', 'KB', 'MB', 'GB', 'TB'];

export const formatBytes = (bytes: number): string => {
  const power = Math.min(UNITS.length - 1, bytes < 1 ? 0 : Math.floor(Math.log(bytes) / Math.log(1024)));
  const amount = bytes / 1024 ** power;
  return `${amount >= 100 || power === 0 ? Math.round(amount) : Number(amount.toFixed(1))} ${UNITS[power] ?? ''}`;
};

const wholeDay = new Intl.DateTimeFormat('en-GB', { weekday: 'short', day: 'numeric', month: 'short', year: 'numeric' });
export const formatDay = (at: string): string => wholeDay.format(new Date(at));
