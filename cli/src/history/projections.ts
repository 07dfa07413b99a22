import { LoggedService } from '@citrus/contracts';
import { openApi, type Api } from '../api/api.ts';
import { usageFailure } from '../failure.ts';
import { tableOf } from '../output/table.ts';
import { processTerminal } from '../output/terminal.ts';
import type { ProjectionAction, ProjectionOptions } from './projection.command.ts';
import { Projection, ProjectionList } from './replies.ts';

export type Named = { readonly service: LoggedService; readonly name: string };

export const shownName = ({ service, name }: Named): string => `${service}/${name}`;

/** `provisioning/servers` */
export const parseNamed = (text: string): Named => {
  const [, service, name] = /^([a-z-]+)\/([a-z0-9-]{1,100})$/.exec(text) ?? [];
  const log = LoggedService.safeParse(service);
  if (!log.success || !name) throw usageFailure(`${JSON.stringify(text)} is not the name of a read model`, 'Write service/name, as citrus history projections lists them: provisioning/servers');
  return { service: log.data, name };
};

export const readProjections = async (api: Api): Promise<Projection[]> => (await api.json({ path: '/api/projections' }, ProjectionList)).items;

export const act = (api: Api, { service, name }: Named, action: ProjectionAction | 'rebuild'): Promise<Projection> =>
  api.json({ method: 'POST', path: `/api/projections/${service}/${name}/${action}` }, Projection);

const besideOf = ({ next, previous }: Projection): string =>
  [next ? `next: ${next.state} at ${next.position}` : '', previous ? `previous: generation ${previous.generation}` : ''].filter(Boolean).join('; ');

const rowOf = (projection: Projection): string[] => {
  const { version, generation, state, position, lag, error } = projection;
  return [shownName(projection), state, String(version), String(generation), String(position), String(lag), besideOf(projection) || '-', error ?? ''];
};

const tell = async (projections: readonly Projection[], json: unknown, options: ProjectionOptions): Promise<void> => {
  const terminal = processTerminal();
  await terminal.out(options.json ? JSON.stringify(json) : tableOf(['READ MODEL', 'STATE', 'VERSION', 'GENERATION', 'POSITION', 'LAG', 'BESIDE', 'PROBLEM'], projections.map(rowOf), terminal));
};

export const listProjections = async (options: ProjectionOptions): Promise<void> => {
  const items = await readProjections(openApi());
  await tell(items, { items }, options);
};

export const actOnProjection = async (action: ProjectionAction, which: string, options: ProjectionOptions): Promise<void> => {
  const named = parseNamed(which);
  const projection = await act(openApi(), named, action);
  await tell([projection], projection, options);
};
