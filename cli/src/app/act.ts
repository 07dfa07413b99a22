/** What is done with an app that does not change it, or brings back a backup: one job, waited for. */
import { App, FINISHED_JOB_STATUSES, Job } from '@citrus/contracts';
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { CliFailure, EXIT, usageFailure } from '../failure.ts';
import { confirmed } from '../output/confirm.ts';
import { meanwhile } from '../output/meanwhile.ts';
import { startProgress } from '../output/progress.ts';
import type { ActOptions, RestoreOptions } from './app.command.ts';
import { minuteOf, pathOf, serverCalled, stageOf, type Named, type Parts, type Stage } from './apps.ts';

type Order = { readonly action: 'health' | 'backup' | 'restore'; readonly backupId?: string };

const ended = async ({ api, everyMs }: Stage, asked: Job): Promise<Job> => {
  const progress = startProgress(`${asked.action} ${asked.installer}`);
  try {
    for (let job = asked; ; job = await api.json({ path: `/api/jobs/${asked.id}` }, Job)) {
      if (FINISHED_JOB_STATUSES.includes(job.status)) return job;
      progress.at(0, undefined, job.reason ?? job.status);
      await delay(everyMs);
    }
  } finally {
    progress.end();
  }
};

/** @throws CliFailure unless it succeeded */
const order = async (stage: Stage, path: string, { body, options }: { body: Order; options: ActOptions }): Promise<void> => {
  const asked = await stage.api.json({ method: 'POST', path, body, headers: { 'idempotency-key': randomUUID() } }, Job);
  const job = options.follow === false ? asked : await meanwhile(`The job goes on without this command. See: citrus jobs show ${asked.id}; end it: citrus jobs cancel ${asked.id}`, () => ended(stage, asked));
  if (FINISHED_JOB_STATUSES.includes(job.status) && job.status !== 'succeeded') {
    throw new CliFailure(`${job.action} of ${job.installer} ended ${job.status}: ${job.reason ?? 'no reason was given'}`, { exit: EXIT.failed, code: `job.${job.status}`, advice: `Its log is that of job ${job.id}.` });
  }
  await stage.terminal.out(options.json ? JSON.stringify(job) : `${job.action} of ${job.installer} ${job.status} (job ${job.id}).`);
};

export const act = async (action: 'health' | 'backup', [wanted, app]: Named, options: ActOptions, parts: Parts = {}): Promise<void> => {
  const stage = stageOf(parts);
  const server = await serverCalled(stage, wanted);
  await order(stage, pathOf(server, app, '/jobs'), { body: { action }, options });
};

export const restore = async ([wanted, app]: Named, options: RestoreOptions, parts: Parts = {}): Promise<void> => {
  const stage = stageOf(parts);
  const server = await serverCalled(stage, wanted);
  const { backups } = await stage.api.json({ path: pathOf(server, app) }, App);
  const found = backups.filter(({ id }) => id.startsWith((options.backup ?? '').toLowerCase()));
  const [backup, another] = found;
  if (!backup) throw new CliFailure(options.backup === undefined ? `${app} on ${server.name} has no backup` : `${app} on ${server.name} has no backup ${options.backup}`, { exit: EXIT.failed, code: 'backup.unknown', advice: `See which there are: citrus apps show ${server.name} ${app}` });
  if (options.backup !== undefined && another) throw usageFailure(`${found.length} backups begin with ${options.backup}`, 'Say more of the id.');
  await confirmed(stage.terminal, `Bring ${app} on ${server.name} back to what it was at ${minuteOf(backup.at)}? What came since is lost.`, options.yes);
  await order(stage, pathOf(server, app, '/jobs'), { body: { action: 'restore', backupId: backup.id }, options });
};
