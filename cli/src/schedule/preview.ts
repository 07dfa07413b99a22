/** Times read back: what a cron line means, and when that is next. */
import { SchedulePreview } from '@citrus/contracts';
import { openApi, type Api } from '../api/api.ts';
import { tableOf } from '../output/table.ts';
import { printable, processTerminal, type Terminal } from '../output/terminal.ts';
import type { PreviewOptions } from './schedule.command.ts';
import { minutesOf, type Parts } from './schedules.ts';

type Times = { readonly cron: string; readonly timeZone: string };

export const readBack = (api: Api, times: Times): Promise<SchedulePreview> => api.json({ method: 'POST', path: '/api/schedules/preview', body: times }, SchedulePreview);

/** As the people in that zone say it. A zone that only the hub knows is told in UTC. */
const placeTime = (instant: string, timeZone: string): string => {
  const style = { weekday: 'short', day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit', timeZoneName: 'short' } as const;
  try {
    return new Intl.DateTimeFormat('en-GB', { ...style, timeZone }).format(new Date(instant));
  } catch (error) {
    if (error instanceof RangeError) return minutesOf(instant);
    throw error;
  }
};

export const tellTimes = async ({ reading, next }: SchedulePreview, timeZone: string, terminal: Terminal): Promise<void> => {
  await terminal.out(`${printable(reading)} (${printable(timeZone)})`);
  if (next.length === 0) return terminal.note('There is no such time any more.');
  await terminal.out(tableOf(['NEXT', 'UTC'], next.map((instant) => [placeTime(instant, timeZone), minutesOf(instant)]), terminal));
};

export const preview = async (cron: string, { timeZone, json }: PreviewOptions, { api = openApi(), terminal = processTerminal() }: Parts = {}): Promise<void> => {
  const read = await readBack(api, { cron, timeZone });
  if (json) return terminal.out(JSON.stringify(read));
  await tellTimes(read, timeZone, terminal);
};
