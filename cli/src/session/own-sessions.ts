/** Where one is signed in, and one's password. */
import { password as askPassword } from '@clack/prompts';
import { changePassword as change, SignedInSession } from '@citrus/contracts';
import { z } from 'zod';
import { openApi, type Api } from '../api/api.ts';
import { allOf } from '../api/pages.ts';
import { CliFailure, EXIT, usageFailure } from '../failure.ts';
import { tableOf } from '../output/table.ts';
import { printable, processTerminal, type Terminal } from '../output/terminal.ts';
import type { SessionsOptions } from './session.command.ts';

type Parts = { readonly api?: Api; readonly terminal?: Terminal };
const minuteOf = (instant: string): string => `${instant.slice(0, 16).replace('T', ' ')} UTC`;

const sessionsOf = (api: Api): Promise<SignedInSession[]> => allOf(api, '/api/auth/sessions', SignedInSession);

export const listSessions = async ({ json }: SessionsOptions, { api = openApi(), terminal = processTerminal() }: Parts = {}): Promise<void> => {
  const items = await sessionsOf(api);
  const rows = items.map(({ id, address, startedAt, lastUsedAt, expiresAt, isCurrent }) => [isCurrent ? '*' : '', minuteOf(startedAt), minuteOf(lastUsedAt), minuteOf(expiresAt), address ?? '-', id]);
  await terminal.out(json ? JSON.stringify({ items }) : tableOf(['', 'BEGUN', 'LAST USED', 'GOOD UNTIL', 'FROM', 'ID'], rows, terminal));
};

export const endSession = async (wanted: string, { json }: SessionsOptions, { api = openApi(), terminal = processTerminal() }: Parts = {}): Promise<void> => {
  const [found, another] = (await sessionsOf(api)).filter(({ id }) => id.startsWith(wanted.toLowerCase()));
  if (!found) throw new CliFailure(`you have no session ${wanted}`, { exit: EXIT.failed, code: 'session.unknown', advice: 'See which you have: citrus sessions' });
  if (another) throw usageFailure(`more than one session begins with ${wanted}`, 'Say more of the id.');
  await api.json({ method: 'DELETE', path: `/api/auth/sessions/${found.id}` }, z.object({}));
  await terminal.out(json ? JSON.stringify({ id: found.id }) : `The session from ${printable(found.address ?? 'somewhere')} has ended${found.isCurrent ? '; it was this one' : ''}.`);
};

const asked = async (message: string): Promise<string> => {
  const answer = await askPassword({ message, output: process.stderr });
  if (typeof answer === 'symbol') throw new CliFailure('stopped', { exit: EXIT.interrupted, code: 'interrupted', advice: 'Your password is what it was.' });
  return answer;
};

const ADVICE = 'In a pipe the present one is the first line, the new one the second: printf \'%s\\n\' "$old" "$new" | citrus password';

const twoLines = async (): Promise<readonly [string, string]> => {
  let text = '';
  for await (const chunk of process.stdin.setEncoding('utf8')) text += chunk;
  const [present = '', next = ''] = text.split(/\r?\n/);
  return [present, next];
};

const typed = async (): Promise<readonly [string, string]> => {
  const [present, next, again] = [await asked('Your present password'), await asked('The new one'), await asked('The new one, once more')];
  if (next !== again) throw usageFailure('the new password was typed in two ways', 'Run it again; nothing was changed.');
  return [present, next];
};

/** @param given the present one and the new one, from wherever they come */
export const changePassword = async ({ json }: SessionsOptions, { api = openApi(), terminal = processTerminal(), given }: Parts & { readonly given?: readonly [string, string] } = {}): Promise<void> => {
  const [currentPassword, newPassword] = given ?? (await (terminal.isInteractive ? typed() : twoLines()));
  if (currentPassword === '' || newPassword === '') throw usageFailure('a password is missing', ADVICE);
  const { ended } = await api.json({ method: 'POST', path: '/api/auth/password', body: { currentPassword, newPassword } }, change.reply);
  await terminal.out(json ? JSON.stringify({ ended }) : `Your password is changed; ${ended === 1 ? 'one other session' : `${ended} other sessions`} ended.`);
};
