/** Asks for one job and follows it. */
import { App, Job, type Server } from '@citrus/contracts';
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Api } from '../api/api.ts';
import { allOf } from '../api/pages.ts';
import { usageFailure } from '../failure.ts';
import { parseInputs } from '../run/start.ts';
import { serverCalled } from './on-server.ts';
import type { InstallOptions } from './job.command.ts';
import { followNew, jobCalled, stageOf, type Parts } from './jobs.ts';

const Catalogue = z.object({ items: z.array(z.object({ id: z.string(), inputs: z.array(z.object({ id: z.string(), type: z.string().optional(), sensitive: z.boolean().optional() })) })) });

type Question = z.infer<typeof Catalogue>['items'][number]['inputs'][number];
const isSecret = ({ type, sensitive }: Question): boolean => sensitive === true || type === 'password';

/** What the last attempt there was answered with, as far as the installer still asks it, and without what is secret by now. @throws CliFailure when there was none */
const answersOf = async (api: Api, { id, name }: Server, installer: string): Promise<App['proposal']> => {
  const [app] = await allOf(api, `/api/servers/${id}/apps`, App, { installer });
  if (!app) throw usageFailure(`${installer} was never installed on ${name}, so there are no answers to begin with`, 'Leave --same-inputs out, and give each answer: -i name=value');
  const { items } = await api.json({ path: '/api/installers' }, Catalogue);
  const asked = new Set(items.find(({ id: of }) => of === installer)?.inputs.filter((input) => !isSecret(input)).map((input) => input.id));
  return Object.fromEntries(Object.entries(app.proposal).filter(([input]) => asked.has(input)));
};

export const install = async (installer: string, options: InstallOptions, parts: Parts = {}): Promise<void> => {
  const stage = stageOf(parts);
  const { on, action, priority, waitMinutes, withDependencies, sameInputs } = options;
  const server = await serverCalled(stage.api, on);
  const after: string[] = [];
  for (const wanted of options.after) after.push((await jobCalled(stage, wanted)).id);
  const body = {
    serverId: server.id, installer, action, inputs: { ...(sameInputs && (await answersOf(stage.api, server, installer))), ...parseInputs(options.input) }, priority, after,
    ...(withDependencies && { withDependencies }), ...(waitMinutes !== undefined && { waitMinutes }),
  };
  await followNew(stage, await stage.api.json({ method: 'POST', path: '/api/jobs', body, headers: { 'idempotency-key': randomUUID() } }, Job), options);
};
