import { endSessionsOf, ErasedUser, grantAdministrator, Me, User } from '@citrus/contracts';
import { openApi, type Api } from '../api/api.ts';
import { allOf } from '../api/pages.ts';
import { confirmed } from '../output/confirm.ts';
import { tableOf } from '../output/table.ts';
import { printable, processTerminal, type Terminal } from '../output/terminal.ts';
import { userCalled } from './recover.ts';
import type { AdministratorOptions, SureOptions, UsersOptions } from './user.command.ts';

type Parts = { readonly api?: Api; readonly terminal?: Terminal };

export const listUsers = async ({ json }: UsersOptions, { api = openApi(), terminal = processTerminal() }: Parts = {}): Promise<void> => {
  const items = await allOf(api, '/api/users', User);
  const rows = items.map(({ name, email, isAdministrator, memberships, userId }) => [name, email, isAdministrator ? 'administrator' : '-', memberships.map(({ projectName, role }) => `${projectName} (${role})`).join(', ') || '-', userId]);
  await terminal.out(json ? JSON.stringify({ items }) : tableOf(['NAME', 'E-MAIL', 'RUNS IT', 'PROJECTS', 'ID'], rows, terminal));
};

export const setAdministrator = async (who: string, { off, yes, json }: AdministratorOptions, { api = openApi(), terminal = processTerminal() }: Parts = {}): Promise<void> => {
  const { userId, email } = await userCalled(api, who);
  await confirmed(terminal, off ? `${email} runs this installation no more. Go on?` : `${email} may do everything in this installation. Go on?`, yes);
  const reply = await api.json({ method: off ? 'DELETE' : 'POST', path: `/api/users/${userId}/administrator` }, grantAdministrator.reply);
  await terminal.out(json ? JSON.stringify(reply) : `${printable(email)} is ${reply.isAdministrator ? 'an administrator now' : 'no administrator any more'}.`);
};

export const signOut = async (who: string, { yes, json }: SureOptions, { api = openApi(), terminal = processTerminal() }: Parts = {}): Promise<void> => {
  const { userId, email } = await userCalled(api, who);
  await confirmed(terminal, `End every session of ${email}?`, yes);
  const { ended } = await api.json({ method: 'POST', path: `/api/users/${userId}/sign-out` }, endSessionsOf.reply);
  await terminal.out(json ? JSON.stringify({ userId, ended }) : `${ended === 1 ? 'One session' : `${ended} sessions`} of ${printable(email)} ended.`);
};

/** Oneself by one's own address or id: who is no administrator may not look others up. */
const toForget = async (api: Api, who: string): Promise<{ userId: string; email: string }> => {
  const me = await api.json({ path: '/api/auth/me' }, Me);
  return me.userId === who || me.email?.toLowerCase() === who.toLowerCase() ? { userId: me.userId, email: me.email ?? who } : userCalled(api, who);
};

export const forget = async (who: string, { yes, json }: SureOptions, { api = openApi(), terminal = processTerminal() }: Parts = {}): Promise<void> => {
  const { userId, email } = await toForget(api, who);
  await confirmed(terminal, `Everything personal about ${email} is destroyed, for good, also for the account itself. Go on?`, yes);
  const erased = await api.json({ method: 'DELETE', path: `/api/users/${userId}/personal-data` }, ErasedUser);
  await terminal.out(json ? JSON.stringify(erased) : `${printable(email)} is forgotten.`);
};
