/** Begins a run: the plan first, then the question, then the run. */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Run } from '@citrus/contracts';
import { z } from 'zod';
import { openApi, type Api } from '../api/api.ts';
import { CliFailure, EXIT, usageFailure } from '../failure.ts';
import { confirmed } from '../output/confirm.ts';
import { tableOf } from '../output/table.ts';
import { processTerminal, type Terminal } from '../output/terminal.ts';
import type { StartOptions } from './run.command.ts';
import { follow } from './runs.ts';

type Parts = { readonly api?: Api; readonly terminal?: Terminal };

const Plan = z.object({ servers: z.array(z.object({ id: z.string(), name: z.string(), refused: z.string().nullable(), passes: z.boolean().default(false) })), waves: z.array(z.int()), maxFailures: z.int() });

/** The line break that an editor leaves at the end of a file is none of the value. */
const contentsOf = (path: string): string => {
  try {
    return readFileSync(path === '-' ? 0 : path, 'utf8').replace(/\r?\n$/, '');
  } catch (cause) {
    throw new CliFailure(`${path === '-' ? 'standard input' : path} cannot be read`, { exit: EXIT.usage, code: 'input.unreadable', advice: 'Give a file that exists: -i name=@file', cause });
  }
};

export const parseInputs = (given: readonly string[]): Record<string, string> =>
  Object.fromEntries(given.map((text) => {
    const at = text.indexOf('=');
    if (at < 1) throw usageFailure(`an input is missing its value`, 'Write it as -i name=value, or -i name=@file.');
    const value = text.slice(at + 1);
    return [text.slice(0, at), value.startsWith('@') ? contentsOf(value.slice(1)) : value];
  }));

type Strategy = Pick<StartOptions, 'waves' | 'atOnce' | 'maxFailures' | 'window'>;
export const strategyOf = ({ waves: sizes, atOnce: most, maxFailures, window }: Strategy) => {
  if (window !== undefined && (sizes !== undefined || most !== undefined)) throw usageFailure('--window is instead of --waves and --at-once', 'Leave one of them out.');
  const [waves, atOnce] = window === undefined ? [sizes, most] : ['100%', window];
  if (atOnce !== undefined && !/^\d{1,4}$/.test(atOnce)) throw usageFailure(`--at-once is a number, not ${atOnce}`, 'For example: --at-once 10');
  return { ...(waves !== undefined && { waves: waves.split(',').map((wave) => wave.trim()) }), ...(atOnce !== undefined && { atOnce: Number(atOnce) }), ...(maxFailures !== undefined && { maxFailures }) };
};

const tellPlan = async ({ servers, waves, maxFailures }: z.infer<typeof Plan>, terminal: Terminal): Promise<void> => {
  const waveOf = (place: number): string => String(waves.findIndex((end) => place < end) + 1);
  await terminal.out(tableOf(['WAVE', 'SERVER', 'CANNOT BEGIN'], servers.map(({ name, refused }, place) => [waveOf(place), name, refused ?? '']), terminal));
  if (servers.some(({ passes }) => passes)) terminal.note('Servers that wait get their job as soon as they can; the others that cannot begin count as failed.');
  terminal.note(`${servers.length} ${servers.length === 1 ? 'server' : 'servers'} in ${waves.length} ${waves.length === 1 ? 'wave' : 'waves'}; the run waits for you when more than ${maxFailures} have failed.`);
};

/** A part of the servers; the same seed chooses the same ones. */
export const sampleOf = ({ sample, seed }: { readonly sample?: string; readonly seed?: number }) => {
  if (sample === undefined && seed !== undefined) throw usageFailure('--seed says which servers --sample chooses', 'Say how many: --sample 10%');
  return sample === undefined ? {} : { sample: { share: sample, seed: seed ?? 0 } };
};

export const start = async (installer: string, options: StartOptions, { api = openApi(), terminal = processTerminal() }: Parts = {}): Promise<void> => {
  const wanted = { installer, action: options.action, inputs: parseInputs(options.input), filter: options.on, strategy: strategyOf(options), ...sampleOf(options) };
  if (options.plan || !options.yes) {
    const plan = await api.json({ method: 'POST', path: '/api/runs/plan', body: wanted }, Plan);
    if (options.plan && options.json) return terminal.out(JSON.stringify(plan));
    if (!options.json) await tellPlan(plan, terminal);
    if (options.plan) return;
    await confirmed(terminal, `Begin on ${plan.servers.length} ${plan.servers.length === 1 ? 'server' : 'servers'}?`, options.yes);
  }
  const run = await api.json({ method: 'POST', path: '/api/runs', body: wanted, headers: { 'idempotency-key': randomUUID() } }, Run);
  terminal.note(`Run ${run.id}`);
  if (options.follow === false) return terminal.out(options.json ? JSON.stringify(run) : run.id);
  await follow(run, options, { api, terminal });
};
