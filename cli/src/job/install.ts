/** Asks for one job and follows it. */
import { Job } from '@citrus/contracts';
import { randomUUID } from 'node:crypto';
import { parseInputs } from '../run/start.ts';
import { serverCalled } from './on-server.ts';
import type { InstallOptions } from './job.command.ts';
import { followNew, jobCalled, stageOf, type Parts } from './jobs.ts';

export const install = async (installer: string, options: InstallOptions, parts: Parts = {}): Promise<void> => {
  const stage = stageOf(parts);
  const { on, action, priority, waitMinutes, withDependencies } = options;
  const server = await serverCalled(stage.api, on);
  const after: string[] = [];
  for (const wanted of options.after) after.push((await jobCalled(stage, wanted)).id);
  const body = {
    serverId: server.id, installer, action, inputs: parseInputs(options.input), priority, after,
    ...(withDependencies && { withDependencies }), ...(waitMinutes !== undefined && { waitMinutes }),
  };
  await followNew(stage, await stage.api.json({ method: 'POST', path: '/api/jobs', body, headers: { 'idempotency-key': randomUUID() } }, Job), options);
};
