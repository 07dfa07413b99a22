import { ApiToken, Me, NewApiToken, TokenDays, type Project } from '@citrus/contracts';
import { z } from 'zod';
import { openApi, type Api } from '../api/api.ts';
import { allOf } from '../api/pages.ts';
import { CliFailure, EXIT, usageFailure } from '../failure.ts';
import { tableOf } from '../output/table.ts';
import { printable, processTerminal, type Terminal } from '../output/terminal.ts';
import { parseRole } from '../people/people.ts';
import { projectCalled } from '../people/projects.ts';
import { chosenProject } from '../session/chosen-project.ts';
import { placesOf } from '../session/places.ts';
import type { NewTokenOptions, TokenOptions } from './token.command.ts';

const tokensOf = (api: Api): Promise<ApiToken[]> => allOf(api, '/api/tokens', ApiToken);

export const minutesOf = (instant: string | null): string => (instant === null ? 'never' : `${instant.slice(0, 16).replace('T', ' ')} UTC`);

export const parseDays = (text: string): number => {
  const days = TokenDays.safeParse(Number(text));
  if (!days.success) throw usageFailure(`--days ${text} is not a number of days from 1 to 365`, 'Write for example --days 30');
  return days.data;
};

/** The token alone on stdout, what it is on stderr. */
export const tellToken = async ({ token, ...about }: NewApiToken, options: TokenOptions, terminal: Terminal): Promise<void> => {
  if (options.json) return terminal.out(JSON.stringify({ ...about, token }));
  terminal.note(`This is ${about.name}; it is good until ${minutesOf(about.expiresAt)}, and shown only now.\n`);
  await terminal.out(printable(token));
};

/** By id, or by a name that only one has. */
export const tokenCalled = (tokens: readonly ApiToken[], wanted: string): ApiToken => {
  const byId = tokens.find(({ id }) => id === wanted);
  if (byId) return byId;
  const [found, another] = tokens.filter(({ name }) => name === wanted);
  if (!found) throw new CliFailure(`there is no token called ${wanted}`, { exit: EXIT.failed, code: 'token.unknown', advice: 'See what there is: citrus token list, or citrus service-account list' });
  if (another) throw usageFailure(`more than one token is called ${wanted}: ${found.id}, ${another.id}`, 'Say which one by its id.');
  return found;
};

export const listTokens = async (options: TokenOptions): Promise<void> => {
  const terminal = processTerminal();
  const items = await tokensOf(openApi());
  const rows = items.map(({ name, scopes, expiresAt, lastUsedAt, id }) => [name, scopes.map(({ projectId, role }) => `${role} in ${projectId}`).join(', '), minutesOf(expiresAt), minutesOf(lastUsedAt), id]);
  await terminal.out(options.json ? JSON.stringify({ items }) : tableOf(['NAME', 'MAY', 'GOOD UNTIL', 'LAST USED', 'ID'], rows, terminal));
};

const projectFor = async (api: Api, wanted: string | undefined): Promise<Project['id'] | string> => {
  if (wanted !== undefined) return (await projectCalled(api, wanted)).id;
  const chosen = chosenProject(placesOf(), api);
  if (chosen !== undefined) return chosen;
  const { memberships } = await api.json({ path: '/api/auth/me' }, Me);
  const [only, another] = memberships;
  if (!only) throw new CliFailure('you are in no project', { exit: EXIT.failed, code: 'project.not_a_member', advice: 'Ask an owner of one to invite you.' });
  if (another) throw usageFailure('you are in several projects', 'Say which: --project <name>, or citrus projects use <name>');
  return only.projectId;
};

export const createToken = async (name: string, options: NewTokenOptions): Promise<void> => {
  const api = openApi();
  const [role, expiresInDays] = [parseRole(options.role ?? 'viewer'), parseDays(options.days)];
  const scopes = [{ projectId: await projectFor(api, options.project), role }];
  await tellToken(await api.json({ method: 'POST', path: '/api/tokens', body: { name, expiresInDays, scopes } }, NewApiToken), options, processTerminal());
};

export const revokeToken = async (which: string, options: TokenOptions): Promise<void> => {
  const api = openApi();
  const { id, name } = tokenCalled(await tokensOf(api), which);
  await api.json({ method: 'DELETE', path: `/api/tokens/${id}` }, z.object({}));
  await processTerminal().out(options.json ? JSON.stringify({ id }) : `${name} is revoked.`);
};
