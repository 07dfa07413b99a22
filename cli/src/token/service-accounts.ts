import { NewApiToken, ServiceAccount } from '@citrus/contracts';
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { openApi, type Api } from '../api/api.ts';
import { allOf } from '../api/pages.ts';
import { CliFailure, EXIT, usageFailure } from '../failure.ts';
import { confirmed } from '../output/confirm.ts';
import { tableOf } from '../output/table.ts';
import { printable, processTerminal } from '../output/terminal.ts';
import { parseRole } from '../people/people.ts';
import type { NewAccountOptions, NewTokenOptions, SureOptions, TokenOptions } from './token.command.ts';
import { minutesOf, parseDays, tellToken, tokenCalled } from './tokens.ts';

const accountsOf = (api: Api): Promise<ServiceAccount[]> => allOf(api, '/api/service-accounts', ServiceAccount);

/** By id, or by a name that only one has. */
const accountCalled = async (api: Api, wanted: string): Promise<ServiceAccount> => {
  const [found, another] = (await accountsOf(api)).filter(({ userId, name }) => userId === wanted || name === wanted);
  if (!found) throw new CliFailure(`there is no service account called ${wanted}`, { exit: EXIT.failed, code: 'service_account.unknown', advice: 'See what there is: citrus service-account list' });
  if (another) throw usageFailure(`more than one is called ${wanted}: ${found.userId}, ${another.userId}`, 'Say which one by its id.');
  return found;
};

/** A row for each token; an account without any has one row, too. */
const rowsOf = ({ name, role, userId, tokens }: ServiceAccount): string[][] =>
  (tokens.length === 0 ? [[name, role, '-', '-', '-', userId]] : tokens.map((token) => [name, role, token.name, minutesOf(token.expiresAt), minutesOf(token.lastUsedAt), userId]));

export const listAccounts = async (options: TokenOptions): Promise<void> => {
  const terminal = processTerminal();
  const items = await accountsOf(openApi());
  await terminal.out(options.json ? JSON.stringify({ items }) : tableOf(['NAME', 'ROLE', 'TOKEN', 'GOOD UNTIL', 'LAST USED', 'ID'], items.flatMap(rowsOf), terminal));
};

export const createAccount = async (name: string, options: NewAccountOptions): Promise<void> => {
  const [api, terminal] = [openApi(), processTerminal()];
  const account = await api.json({ method: 'POST', path: '/api/service-accounts', body: { name, role: parseRole(options.role) }, headers: { 'idempotency-key': randomUUID() } }, ServiceAccount);
  if (!options.json) terminal.note(`Give it a token with: citrus service-account token ${account.userId} <name>`);
  await terminal.out(options.json ? JSON.stringify(account) : `The service account ${printable(account.name)} is made; it is ${account.role}.`);
};

export const createAccountToken = async (which: string, name: string, options: NewTokenOptions): Promise<void> => {
  const api = openApi();
  const body = { name, expiresInDays: parseDays(options.days), ...(options.role && { role: parseRole(options.role) }) };
  const { userId } = await accountCalled(api, which);
  await tellToken(await api.json({ method: 'POST', path: `/api/service-accounts/${userId}/tokens`, body }, NewApiToken), options, processTerminal());
};

export const revokeAccountToken = async (which: string, token: string, options: TokenOptions): Promise<void> => {
  const api = openApi();
  const account = await accountCalled(api, which);
  const { id, name } = tokenCalled(account.tokens, token);
  await api.json({ method: 'DELETE', path: `/api/service-accounts/${account.userId}/tokens/${id}` }, z.object({}));
  await processTerminal().out(options.json ? JSON.stringify({ id }) : `${name} of ${account.name} is revoked.`);
};

export const removeAccount = async (which: string, options: SureOptions): Promise<void> => {
  const [api, terminal] = [openApi(), processTerminal()];
  const { userId, name } = await accountCalled(api, which);
  await confirmed(terminal, `${name} and its tokens end at once; programs that use them are refused. Go on?`, options.yes);
  await api.json({ method: 'DELETE', path: `/api/service-accounts/${userId}` }, z.object({}));
  await terminal.out(options.json ? JSON.stringify({ userId }) : `${printable(name)} is gone, and its tokens with it.`);
};
