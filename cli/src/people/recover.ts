import { Instant, User, UserId } from '@citrus/contracts';
import { z } from 'zod';
import { openApi, type Api } from '../api/api.ts';
import { allOf } from '../api/pages.ts';
import { CliFailure, EXIT } from '../failure.ts';
import { printable, processTerminal, type Terminal } from '../output/terminal.ts';
import type { PeopleOptions } from './people.command.ts';

const Link = z.object({ userId: UserId, link: z.string(), expiresAt: Instant });

/** Among everybody in the installation: who is locked out may be in no project of the administrator's. */
const userCalled = async (api: Api, who: string): Promise<User> => {
  const found = (await allOf(api, '/api/users', User)).find(({ userId, email }) => userId === who || email.toLowerCase() === who.toLowerCase());
  if (!found) throw new CliFailure(`nobody in the installation is called ${who}`, { exit: EXIT.failed, code: 'user.unknown', advice: 'Give the e-mail address of the account, or its id.' });
  return found;
};

/** The link alone on stdout, what it is on stderr. */
export const recover = async (who: string, options: PeopleOptions, api: Api = openApi(), terminal: Terminal = processTerminal()): Promise<void> => {
  const { userId, email } = await userCalled(api, who);
  const { link, expiresAt } = await api.json({ method: 'POST', path: `/api/users/${userId}/recovery` }, Link);
  if (options.json) return terminal.out(JSON.stringify({ userId, link, expiresAt }));
  terminal.note(`Give this link to ${printable(email)}, and to nobody else: whoever opens it chooses a new password, and every other way into the account ends.\nIt is good once, until ${expiresAt.slice(0, 16).replace('T', ' ')} UTC, and shown only now; Citrus sends no mail.\n`);
  await terminal.out(printable(link));
};
