import { randomUUID } from 'node:crypto';
import { password as askPassword } from '@clack/prompts';
import { Cloud, CloudKind, CloudList } from '@citrus/contracts';
import { z } from 'zod';
import { openApi, type Api } from '../api/api.ts';
import { CliFailure, EXIT, usageFailure } from '../failure.ts';
import { confirmed } from '../output/confirm.ts';
import { tableOf } from '../output/table.ts';
import { printable, processTerminal, type Terminal } from '../output/terminal.ts';
import { firstLineOfStdin } from '../session/first-line.ts';
import type { CloudOptions, NewCloudOptions, RemoveOptions } from './cloud.command.ts';

const INSTALLATION = 'installation';

/** All of them: the installation's cloud stands on every page. */
const listOf = async (api: Api, cursor?: string): Promise<CloudList> => {
  const page = await api.json({ path: '/api/clouds', query: { cursor } }, CloudList);
  return page.nextCursor === null ? page : { ...page, items: [...page.items, ...(await listOf(api, page.nextCursor)).items], nextCursor: null };
};

/** By id, or by a name that only one has. */
export const cloudCalled = (items: readonly Cloud[], wanted: string): Cloud => {
  const [found, another] = items.filter(({ id, name }) => id === wanted || name === wanted);
  if (!found) throw new CliFailure(`there is no cloud called ${wanted} in this project`, { exit: EXIT.failed, code: 'cloud.not_found', advice: 'See what there is: citrus clouds list' });
  if (another) throw usageFailure(`more than one is called ${wanted}: ${found.id}, ${another.id}`, 'Say which one by its id.');
  return found;
};

const WORDS: Record<Cloud['status'], string> = { good: 'good', refused: 'TOKEN REFUSED', removing: 'being removed' };

export const rowsOf = ({ items, installation }: CloudList): string[][] => [
  ...items.map(({ name, kind, status, tokenEnd, account, servers, isDefault, id }) => [name, kind, `${WORDS[status]}${isDefault ? ', default' : ''}`, `…${tokenEnd}`, account ?? '-', String(servers), id]),
  ['(the installation’s)', installation.kind, installation.isDefault ? 'default' : '-', '-', '-', '-', INSTALLATION],
];

const TOKEN_ADVICE = 'Type it when asked, or pass it on stdin: pass cloud/token | citrus clouds …';

const givenToken = async (terminal: Terminal): Promise<string> => {
  const answer = terminal.isInteractive ? await askPassword({ message: 'API token', output: process.stderr }) : await firstLineOfStdin();
  if (typeof answer === 'symbol') throw new CliFailure('stopped', { exit: EXIT.interrupted, code: 'interrupted', advice: 'Nothing was changed.' });
  const token = answer.trim();
  if (token === '') throw usageFailure('there is no API token', TOKEN_ADVICE);
  return token;
};

export const parseKind = (kind: string): CloudKind => {
  const { data } = CloudKind.safeParse(kind);
  if (!data) throw usageFailure(`${JSON.stringify(kind)} is no kind of cloud`, `Take one of: ${CloudKind.options.join(', ')}.`);
  return data;
};

const tell = async (terminal: Terminal, cloud: Cloud, { json }: CloudOptions, words: string): Promise<void> => {
  await terminal.out(json ? JSON.stringify(cloud) : words);
};

export const listAll = async (options: CloudOptions): Promise<void> => {
  const terminal = processTerminal();
  const list = await listOf(openApi());
  await terminal.out(options.json ? JSON.stringify(list) : tableOf(['NAME', 'KIND', 'STATUS', 'TOKEN', 'ACCOUNT', 'SERVERS', 'ID'], rowsOf(list), terminal));
  for (const { name, note } of options.json ? [] : list.items) if (note !== null) terminal.note(printable(`${name}: ${note}`));
};

export const addOne = async (name: string, options: NewCloudOptions): Promise<void> => {
  const [api, terminal] = [openApi(), processTerminal()];
  const body = { name, kind: parseKind(options.kind), ...(options.url !== undefined && { baseUrl: options.url }), token: await givenToken(terminal) };
  const cloud = await api.json({ method: 'POST', path: '/api/clouds', body, headers: { 'idempotency-key': randomUUID() } }, Cloud);
  if (options.default) await api.json({ method: 'POST', path: `/api/clouds/${cloud.id}/default` }, CloudList);
  if (!options.json && !options.default) terminal.note(`Servers are made with it that say so, or all with: citrus clouds default ${cloud.id}`);
  await tell(terminal, cloud, options, `${printable(name)} is added; its account is ${printable(cloud.account ?? 'unnamed')}.`);
};

export const testOne = async (which: string, options: CloudOptions): Promise<void> => {
  const [api, terminal] = [openApi(), processTerminal()];
  const { id } = cloudCalled((await listOf(api)).items, which);
  const cloud = await api.json({ method: 'POST', path: `/api/clouds/${id}/test` }, Cloud);
  if (cloud.note !== null) throw new CliFailure(`the token of ${cloud.name} is not good: ${cloud.note}`, { exit: EXIT.failed, code: 'cloud.token_not_good', advice: `Give it another one: citrus clouds rotate ${id}` });
  await tell(terminal, cloud, options, `${printable(cloud.name)} accepts its token …${cloud.tokenEnd}.`);
};

export const rotateOne = async (which: string, options: CloudOptions): Promise<void> => {
  const [api, terminal] = [openApi(), processTerminal()];
  const { id } = cloudCalled((await listOf(api)).items, which);
  const cloud = await api.json({ method: 'POST', path: `/api/clouds/${id}/token`, body: { token: await givenToken(terminal) } }, Cloud);
  await tell(terminal, cloud, options, `${printable(cloud.name)} has the token …${cloud.tokenEnd} now. Revoke the old one at the cloud.`);
};

export const makeDefault = async (which: string, options: CloudOptions): Promise<void> => {
  const [api, terminal] = [openApi(), processTerminal()];
  const chosen = which === INSTALLATION ? undefined : cloudCalled((await listOf(api)).items, which);
  const list = await api.json({ method: 'POST', path: `/api/clouds/${chosen?.id ?? INSTALLATION}/default` }, CloudList);
  await terminal.out(options.json ? JSON.stringify(list) : `Servers that name no cloud are made with ${chosen ? printable(chosen.name) : 'the installation’s cloud'} from now on.`);
};

export const removeOne = async (which: string, options: RemoveOptions): Promise<void> => {
  const [api, terminal] = [openApi(), processTerminal()];
  const { id, name, isDefault } = cloudCalled((await listOf(api)).items, which);
  const then = isDefault ? ' Servers that name no cloud are made with the installation’s from then on.' : '';
  await confirmed(terminal, `${name} is removed and its token destroyed here; at the cloud it stays good until you revoke it.${then} Go on?`, options.yes);
  await api.json({ method: 'DELETE', path: `/api/clouds/${id}` }, z.object({}));
  await terminal.out(options.json ? JSON.stringify({ id }) : `${printable(name)} is removed.`);
};
