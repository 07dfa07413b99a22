import { Instant, User, UserId } from '@citrus/contracts';
import { z } from 'zod';
import { openApi, type Api } from '../api/api.ts';
import { allOf } from '../api/pages.ts';
import { CliFailure, EXIT } from '../failure.ts';
import { printable, processTerminal, type Terminal } from '../output/terminal.ts';
import { confirmed } from '../output/confirm.ts';
import type { PeopleOptions, RemoveOptions } from './people.command.ts';

const Link = z.object({ userId: UserId, link: z.string(), expiresAt: Instant });

/** Among everybody in the installation: who is locked out may be in no project of the administrator's. */
export const userCalled = async (api: Api, who: string): Promise<User> => {
  const found = (await allOf(api, '/api/users', User)).find(({ userId, email }) => userId === who || email.toLowerCase() === who.toLowerCase());
  if (!found) throw new CliFailure(`nobody in the installation is called ${who}`, { exit: EXIT.failed, code: 'user.unknown', advice: 'See who there is: citrus users' });
  return found;
};

/** The link alone on stdout, what it is on stderr. */
export const recover = async (who: string, options: PeopleOptions, api: Api = openApi(), terminal: Terminal = processTerminal()): Promise<void> => {
  const { userId, email } = await userCalled(api, who);
  const { link, expiresAt } = await api.json({ method: 'POST', path: `/api/users/${userId}/recovery` }, Link);
  if (options.json) return terminal.out(JSON.stringify({ userId, link, expiresAt }));
  terminal.note(`Give this link to ${printable(email)}, and to nobody else: whoever opens it chooses a new password, and every session and API token of the account ends. A code is asked for where there is a second factor.\nIt is good once, until ${expiresAt.slice(0, 16).replace('T', ' ')} UTC, and shown only now; Citrus sends no mail.\n`);
  await terminal.out(printable(link));
};

export const resetSecondFactor = async (who: string, options: RemoveOptions, api: Api = openApi(), terminal: Terminal = processTerminal()): Promise<void> => {
  const { userId, email } = await userCalled(api, who);
  await confirmed(terminal, `Reset the second factor of ${email}? Until a new one is set up, the password alone is enough to sign in.`, options.yes);
  const { wasOn, ended } = await api.json({ method: 'POST', path: `/api/users/${userId}/second-factor/reset` }, z.object({ wasOn: z.boolean(), ended: z.int() }));
  await terminal.out(options.json ? JSON.stringify({ userId, wasOn, ended }) : `${wasOn ? 'The second factor is off now' : 'There was no second factor'}; ${ended === 1 ? 'one session' : `${ended} sessions`} of ${printable(email)} ended.`);
};
