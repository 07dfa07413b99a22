/** Changes a schedule. The API takes it whole, so what was not named is said as it stands. */
import { Schedule } from '@citrus/contracts';
import { openApi } from '../api/api.ts';
import { usageFailure } from '../failure.ts';
import { processTerminal } from '../output/terminal.ts';
import { parseInputs, strategyOf } from '../run/start.ts';
import { readBack, tellTimes } from './preview.ts';
import type { ChangeOptions } from './schedule.command.ts';
import { scheduleCalled, told, type Parts } from './schedules.ts';

type Run = Schedule['run'];

const inputsOf = ({ inputs }: Run, { input, dropInput }: ChangeOptions): Record<string, unknown> => {
  const dropped = dropInput.find((name) => !(name in inputs));
  if (dropped !== undefined) throw usageFailure(`it has no input ${dropped}`, `It has: ${Object.keys(inputs).join(', ') || 'none'}.`);
  return { ...Object.fromEntries(Object.entries(inputs).filter(([name]) => !dropInput.includes(name))), ...parseInputs(input) };
};

const sampleOf = ({ sample: before }: Run, { sample, seed }: ChangeOptions) => {
  const share = sample === false ? undefined : (sample ?? before?.share);
  if (share === undefined && seed !== undefined) throw usageFailure('--seed says which servers --sample chooses', 'Say how many: --sample 10%');
  return share === undefined ? {} : { sample: { share, seed: seed ?? before?.seed ?? 0 } };
};

const strategyOptions = ({ waves, atOnce, maxFailures }: ChangeOptions) => strategyOf({ ...(waves !== undefined && { waves }), ...(atOnce !== undefined && { atOnce }), ...(maxFailures !== undefined && { maxFailures }) });

const isNothing = ({ input, dropInput, ...rest }: ChangeOptions): boolean =>
  input.length === 0 && dropInput.length === 0 && [rest.name, rest.installer, rest.cron, rest.timeZone, rest.on, rest.action, rest.priority, rest.waves, rest.atOnce, rest.maxFailures, rest.sample, rest.seed].every((value) => value === undefined);

/** @throws CliFailure when nothing was named, or nothing is called so */
export const change = async (wanted: string, options: ChangeOptions, { api = openApi(), terminal = processTerminal() }: Parts = {}): Promise<void> => {
  if (isNothing(options)) throw usageFailure('nothing is to be changed', "Say what: --cron '0 4 * * *', --on 'tag:db', … See citrus schedules change --help");
  const { id, run, ...was } = await scheduleCalled(api, wanted);
  const { name = was.name, cron = was.cron, timeZone = was.timeZone, installer = run.installer, action = run.action, priority = run.priority, on: filter = run.filter } = options;
  const body = { name, cron, timeZone, installer, action, priority, filter, inputs: inputsOf(run, options), strategy: { ...run.strategy, ...strategyOptions(options) }, ...sampleOf(run, options) };
  const changed = await api.json({ method: 'POST', path: `/api/schedules/${id}/change`, body }, Schedule);
  await told(changed, options, terminal);
  if (!options.json && (cron !== was.cron || timeZone !== was.timeZone)) await tellTimes(await readBack(api, { cron, timeZone }), timeZone, terminal);
};
