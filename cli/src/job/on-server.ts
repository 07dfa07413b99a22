/** Servers by what people call them. */
import { Server } from '@citrus/contracts';
import type { Api } from '../api/api.ts';
import { allOf } from '../api/pages.ts';
import { CliFailure, EXIT, usageFailure } from '../failure.ts';

export const serversByName = async (api: Api): Promise<ReadonlyMap<string, string>> => new Map((await allOf(api, '/api/servers', Server)).map(({ id, name }) => [id, name]));

/** By its id, or by a name that only one server has. @throws CliFailure */
export const serverCalled = async (api: Api, wanted: string): Promise<Server> => {
  const [one, another] = (await allOf(api, '/api/servers', Server)).filter(({ id, name }) => id === wanted || name === wanted);
  if (!one) throw new CliFailure(`there is no server ${wanted}`, { exit: EXIT.failed, code: 'server.not_found', advice: 'See what there is: citrus servers list' });
  if (another) throw usageFailure(`more than one server is called ${wanted}`, 'Say which one by its id.');
  return one;
};
