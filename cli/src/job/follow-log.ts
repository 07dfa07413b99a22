/** A job's log to its end, without a gap: each page begins after the last piece that was printed, whatever broke in between. */
import { FINISHED_JOB_STATUSES, Job, LogEntry, pageOf } from '@citrus/contracts';
import { stripVTControlCharacters } from 'node:util';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import type { Api } from '../api/api.ts';
import { CliFailure, EXIT } from '../failure.ts';
import { printable, type Terminal } from '../output/terminal.ts';

export type Stage = { readonly api: Api; readonly terminal: Terminal; readonly everyMs: number };
export const isOver = ({ status }: Job): boolean => FINISHED_JOB_STATUSES.includes(status);

const LogReply = pageOf(LogEntry).extend({ complete: z.boolean() });
const LARGEST_PAGE = 500;

/** Lines as they become whole; what a script prints cannot steer the terminal. */
const linePrinter = ({ terminal }: Stage) => {
  let rest = '';
  const line = (text: string): Promise<void> => terminal.out(printable(stripVTControlCharacters(text).replace(/\r$/, '')));
  return {
    print: async (text: string): Promise<void> => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const each of lines) await line(each);
    },
    end: async (): Promise<void> => {
      if (rest !== '') await line(rest);
    },
  };
};

/** @param entries what to do with each piece; @returns whether nothing will follow */
const readOn = async ({ api }: Stage, jobId: string, { cursor, entry }: { cursor: number; entry: (piece: LogEntry) => Promise<void> }): Promise<{ cursor: number; isComplete: boolean }> => {
  for (let at = cursor; ; ) {
    const { items, complete } = await api.json({ path: `/api/jobs/${jobId}/log`, query: { cursor: at, limit: LARGEST_PAGE } }, LogReply);
    for (const piece of items) await entry(piece);
    at = items.at(-1)?.cursor ?? at;
    if (items.length === 0) return { cursor: at, isComplete: complete };
  }
};

/** Prints what there is; `follow`: and goes on until the job has ended and its log is whole. */
export const printLog = async (stage: Stage, job: Job, { follow, json }: { readonly follow: boolean; readonly json: boolean }): Promise<Job> => {
  const printer = linePrinter(stage);
  const entry = (piece: LogEntry): Promise<void> => (json ? stage.terminal.out(JSON.stringify(piece)) : printer.print(piece.text));
  let [cursor, latest, said] = [0, job, ''];
  for (;;) {
    const wasOver = isOver(latest);
    const page = await readOn(stage, job.id, { cursor, entry });
    ({ cursor } = page);
    if (!follow || (wasOver && page.isComplete)) break;
    latest = await stage.api.json({ path: `/api/jobs/${job.id}` }, Job);
    const waits = latest.status === 'queued' ? (latest.reason ?? '') : '';
    if (!json && waits !== said && waits !== '') stage.terminal.note(waits);
    said = waits;
    await delay(stage.everyMs);
  }
  await printer.end();
  return latest;
};

/** @throws CliFailure unless it succeeded */
export const tellEnd = async ({ terminal }: Stage, job: Job, json: boolean): Promise<void> => {
  if (json) await terminal.out(JSON.stringify(job));
  if (job.status !== 'succeeded') {
    throw new CliFailure(`job ${job.id} ${job.status.replace('_', ' ')}${job.reason ? `: ${job.reason}` : ''}`, { exit: EXIT.failed, code: `job.${job.status}`, advice: `Read its log: citrus jobs log ${job.id}; try it again: citrus jobs retry ${job.id}` });
  }
  if (!json) terminal.note(`Job ${job.id} succeeded.`);
};
