/** What schedules there are, and steering them. */
import { Schedule } from '@citrus/contracts';
import { randomUUID } from 'node:crypto';
import { openApi, type Api } from '../api/api.ts';
import { allOf } from '../api/pages.ts';
import { CliFailure, EXIT, usageFailure } from '../failure.ts';
import { installerNames } from '../installer/names.ts';
import { confirmed } from '../output/confirm.ts';
import { tableOf } from '../output/table.ts';
import { printable, processTerminal, type Terminal } from '../output/terminal.ts';
import { parseInputs, sampleOf, strategyOf } from '../run/start.ts';
import type { CreateOptions, DeleteOptions, SchedulesOptions } from './schedule.command.ts';

export type Parts = { readonly api?: Api; readonly terminal?: Terminal };

export const minutesOf = (instant: string | null): string => (instant === null ? '-' : `${instant.slice(0, 16).replace('T', ' ')} UTC`);
export const told = (schedule: Schedule, { json }: SchedulesOptions, terminal: Terminal): Promise<void> =>
  terminal.out(json ? JSON.stringify(schedule) : `Schedule ${printable(schedule.name)} is ${schedule.status}${schedule.nextDueAt ? `; next: ${minutesOf(schedule.nextDueAt)}` : ''}.`);

/** @throws CliFailure when none or several are called so */
export const scheduleCalled = async (api: Api, wanted: string): Promise<Schedule> => {
  const items = await allOf(api, '/api/schedules', Schedule);
  const [one, another] = items.filter(({ id, name }) => id === wanted || name === wanted);
  if (another) throw usageFailure(`more than one schedule is called ${wanted}`, 'Say which one by its id: citrus schedules --json');
  if (!one) throw new CliFailure(`there is no schedule ${wanted}`, { exit: EXIT.failed, code: 'schedule.unknown', advice: 'See which there are: citrus schedules' });
  return one;
};

export const listAll = async (options: SchedulesOptions, { api = openApi(), terminal = processTerminal() }: Parts = {}): Promise<void> => {
  const items = await allOf(api, '/api/schedules', Schedule);
  if (items.length === 0 && !options.json) terminal.note('There are no schedules yet. Make one: citrus schedules create --help');
  if (options.json) return terminal.out(JSON.stringify({ items }));
  const nameOf = await installerNames(api);
  const rows = items.map(({ name, status, cron, timeZone, run, nextDueAt, lastRunId, missed, missedReason }) =>
    [name, status, `${cron} (${timeZone})`, `${run.action} ${nameOf(run.installer)}`, run.filter, minutesOf(nextDueAt), lastRunId ?? '-', missed === 0 ? '' : `${missed} missed; at last: ${missedReason ?? ''}`]);
  await terminal.out(tableOf(['SCHEDULE', 'STATUS', 'WHEN', 'WHAT', 'ON', 'NEXT', 'LAST RUN', 'MISSED'], rows, terminal));
};

export const create = async ({ name, installer }: { name: string; installer: string }, options: CreateOptions, { api = openApi(), terminal = processTerminal() }: Parts = {}): Promise<void> => {
  const { cron, timeZone, action, on } = options;
  const body = { name, cron, timeZone, installer, action, inputs: parseInputs(options.input), filter: on, strategy: strategyOf(options), ...sampleOf(options) };
  await told(await api.json({ method: 'POST', path: '/api/schedules', body, headers: { 'idempotency-key': randomUUID() } }, Schedule), options, terminal);
};

export const steer = async (verb: 'pause' | 'resume', wanted: string, options: SchedulesOptions, { api = openApi(), terminal = processTerminal() }: Parts = {}): Promise<void> => {
  const { id } = await scheduleCalled(api, wanted);
  await told(await api.json({ method: 'POST', path: `/api/schedules/${id}/${verb}` }, Schedule), options, terminal);
};

export const remove = async (wanted: string, options: DeleteOptions, { api = openApi(), terminal = processTerminal() }: Parts = {}): Promise<void> => {
  const { id, name } = await scheduleCalled(api, wanted);
  await confirmed(terminal, `Delete the schedule ${printable(name)}?`, options.yes);
  await told(await api.json({ method: 'DELETE', path: `/api/schedules/${id}` }, Schedule), options, terminal);
};
