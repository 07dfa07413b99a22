/** Servers by what people call them. */
import { Server } from '@citrus/contracts';
import type { Api } from '../api/api.ts';
import { allOf } from '../api/pages.ts';
import { called } from '../output/choice.ts';

export const serversByName = async (api: Api): Promise<ReadonlyMap<string, string>> => new Map((await allOf(api, '/api/servers', Server)).map(({ id, name }) => [id, name]));

/** By its id, or by a name that only one server has. @throws CliFailure */
export const serverCalled = async (api: Api, wanted: string): Promise<Server> =>
  called(await allOf(api, '/api/servers', Server), wanted, { what: 'server', code: 'server.not_found', list: 'citrus servers list' });
