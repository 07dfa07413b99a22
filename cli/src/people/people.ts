import { Me, Member, removeMember, Role } from '@citrus/contracts';
import { openApi, type Api } from '../api/api.ts';
import { allOf } from '../api/pages.ts';
import { CliFailure, EXIT, usageFailure } from '../failure.ts';
import { confirmed } from '../output/confirm.ts';
import { tableOf } from '../output/table.ts';
import { printable, processTerminal, type Terminal } from '../output/terminal.ts';
import type { PeopleOptions, RemoveOptions } from './people.command.ts';

export const parseRole = (text: string): Role => {
  const role = Role.safeParse(text);
  if (!role.success) throw usageFailure(`${JSON.stringify(text)} is not a role`, `Write one of: ${Role.options.join(', ')}`);
  return role.data;
};

const rowsOf = (members: readonly Member[]): string[][] => members.map(({ name, email, role, userId }) => [name, email, role, userId]);

export const listPeople = async (options: PeopleOptions, api: Api = openApi(), terminal: Terminal = processTerminal()): Promise<void> => {
  const items = await allOf(api, '/api/members', Member);
  await terminal.out(options.json ? JSON.stringify({ items }) : tableOf(['NAME', 'E-MAIL', 'ROLE', 'ID'], rowsOf(items), terminal));
};

/** By id or e-mail address, else by a name that only one has. */
export const memberCalled = async (api: Api, who: string): Promise<Member> => {
  const members = await allOf(api, '/api/members', Member);
  const exact = members.find(({ userId, email }) => userId === who || email.toLowerCase() === who.toLowerCase());
  if (exact) return exact;
  const [found, another] = members.filter(({ name }) => name.toLowerCase() === who.toLowerCase());
  if (!found) throw new CliFailure(`nobody in the project is called ${who}`, { exit: EXIT.failed, code: 'member.unknown', advice: 'Look who is there: citrus people list' });
  if (another) throw usageFailure(`more than one is called ${who}: ${found.email}, ${another.email}`, 'Say who by the e-mail address.');
  return found;
};

export const changeRole = async (who: string, wanted: string, options: PeopleOptions, { api = openApi(), terminal = processTerminal() }: { api?: Api; terminal?: Terminal } = {}): Promise<void> => {
  const role = parseRole(wanted);
  const before = await memberCalled(api, who);
  const member = await api.json({ method: 'POST', path: `/api/members/${before.userId}/role`, body: { role } }, Member);
  await terminal.out(options.json ? JSON.stringify(member) : before.role === role ? `${printable(member.name)} is ${role} already.` : `${printable(member.name)} is ${role} now; before: ${before.role}.`);
};

export const removePerson = async (who: string, options: RemoveOptions, { api = openApi(), terminal = processTerminal() }: { api?: Api; terminal?: Terminal } = {}): Promise<void> => {
  const [member, me] = [await memberCalled(api, who), await api.json({ path: '/api/auth/me' }, Me)];
  const isOwn = member.userId === me.userId;
  await confirmed(terminal, isOwn ? 'You leave the project and are out at once. Go on?' : `${member.name} (${member.email}) is out at once, with every session and token. Go on?`, options.yes);
  await api.json({ method: 'DELETE', path: `/api/members/${member.userId}` }, removeMember.reply);
  await terminal.out(options.json ? JSON.stringify({ userId: member.userId }) : isOwn ? 'You have left the project.' : `${printable(member.name)} is out.`);
};
