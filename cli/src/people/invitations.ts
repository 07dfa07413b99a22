import { Invitation } from '@citrus/contracts';
import { z } from 'zod';
import { openApi, type Api } from '../api/api.ts';
import { allOf } from '../api/pages.ts';
import { CliFailure, EXIT } from '../failure.ts';
import { tableOf } from '../output/table.ts';
import { printable, processTerminal, type Terminal } from '../output/terminal.ts';
import type { InviteOptions, PeopleOptions } from './people.command.ts';
import { parseRole } from './people.ts';

const Invited = z.object({ invitation: Invitation, link: z.string() });
const minutesOf = (instant: string): string => `${instant.slice(0, 16).replace('T', ' ')} UTC`;

/** The link alone on stdout, what it is on stderr. */
export const invite = async (email: string, options: InviteOptions, api: Api = openApi(), terminal: Terminal = processTerminal()): Promise<void> => {
  const role = parseRole(options.role);
  const { invitation, link } = await api.json({ method: 'POST', path: '/api/invitations', body: { email, role } }, Invited);
  if (options.json) return terminal.out(JSON.stringify({ ...invitation, link }));
  terminal.note(`Send this link to ${email}, who becomes ${role}; it is good once, until ${minutesOf(invitation.expiresAt)}, and shown only now.\n`);
  await terminal.out(printable(link));
};

const openInvitations = async (api: Api): Promise<Invitation[]> => (await allOf(api, '/api/invitations', Invitation)).filter(({ status }) => status === 'pending');

export const listInvitations = async (options: PeopleOptions, api: Api = openApi(), terminal: Terminal = processTerminal()): Promise<void> => {
  const items = await openInvitations(api);
  const rows = items.map(({ email, role, expiresAt, id }) => [email ?? '-', role, minutesOf(expiresAt), id]);
  await terminal.out(options.json ? JSON.stringify({ items }) : tableOf(['E-MAIL', 'ROLE', 'GOOD UNTIL', 'ID'], rows, terminal));
};

export const uninvite = async (who: string, options: PeopleOptions, api: Api = openApi(), terminal: Terminal = processTerminal()): Promise<void> => {
  const found = (await openInvitations(api)).find(({ id, email }) => id === who || email?.toLowerCase() === who.toLowerCase());
  if (!found) throw new CliFailure(`there is no open invitation of ${who}`, { exit: EXIT.failed, code: 'invitation.unknown', advice: 'See what is open: citrus people invitations' });
  const revoked = await api.json({ method: 'DELETE', path: `/api/invitations/${found.id}` }, Invitation);
  await terminal.out(options.json ? JSON.stringify(revoked) : `The invitation of ${printable(found.email ?? who)} is void.`);
};
