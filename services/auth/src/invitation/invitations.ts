/**
 * Inviting somebody into a project, and taking it back. The answer does not depend on whether the address has an account.
 * An open invitation of the same address to the same project is found by its name in the keyring and replaced.
 */
import type { Caller, Invitation, InvitationId, inviteMember, OpenInvitation, ProjectId, readInvitation } from '@citrus/contracts';
import { NotFound, Refusal, Unavailable, type Clock } from '@citrus/kit-domain';
import { newId, type AppendContext, type EventStore, type Projections, type SubjectKeys } from '@citrus/kit-event-store';
import type { z } from 'zod';
import { byUser, contextOf, type Trace } from '../command-context.ts';
import { loadState } from '../append-together.ts';
import type { Audit } from '../audit/audit.ts';
import { checkMayGive, projectDecider } from '../project/project.decider.ts';
import type { ProjectList } from '../project/projects.store.ts';
import { createPersonalTexts, places, subjectOf, userOf } from '../subject/personal-text.ts';
import { normalEmail } from '../user/email.ts';
import type { Forget } from '../user/forget.ts';
import { checkOpen, invitationDecider, unknownInvitation, type Invitation as State } from './invitation.decider.ts';
import { newInvitationToken, readInvitationToken } from './invitation-token.ts';
import type { InvitationList } from './invitations.store.ts';

const DAYS = 7;
/** Of one project at a time. */
const MOST_OPEN = 500;
const DAY_MS = 86_400_000;

export type InvitationParts = {
  readonly store: EventStore; readonly projections: Projections; readonly keys: SubjectKeys; readonly forget: Forget; readonly list: InvitationList; readonly projects: ProjectList;
  readonly audit: Audit; readonly clock: Clock;
};
export type Invitations = {
  invite(input: z.infer<typeof inviteMember.input>, caller: Caller, trace: Trace): Promise<z.infer<typeof inviteMember.reply>>;
  revoke(input: { projectId: ProjectId; invitationId: InvitationId }, caller: Caller, trace: Trace): Promise<Invitation>;
  read(input: z.infer<typeof readInvitation.input>): Promise<OpenInvitation>;
};

export const streamOfInvitation = (invitationId: string): string => `invitation-${invitationId}`;
export const loadInvitation = (store: EventStore, invitationId: string) => loadState(store, streamOfInvitation(invitationId), invitationDecider);

/** The invitation of a token, if it is open. @throws Refusal that says why it is not */
export const openInvitationOf = async ({ store, clock }: Pick<InvitationParts, 'store' | 'clock'>, token: string) => {
  const held = readInvitationToken(token);
  if (!held) throw unknownInvitation();
  const { state, version } = await loadInvitation(store, held.invitationId);
  return { ...held, version, state: checkOpen(state, held.hash, clock().toISOString()) };
};

/** The address that was invited. It may be forgotten between our look at the invitation and this. */
export const invitedAddress = async ({ keys }: Pick<InvitationParts, 'keys'>, { invitationId, email }: Extract<State, { status: 'pending' }>): Promise<string> => {
  const address = await createPersonalTexts(keys).open(invitationId, places.email(invitationId), email);
  if (address === undefined) throw unknownInvitation();
  return address;
};

/** By what an open invitation is found again; like every name in the keyring it is kept as a keyed hash and goes with the key. */
const nameOf = (projectId: string, email: string): string => JSON.stringify(['invitation', projectId, normalEmail(email)]);

/** The keyring may be away; what is due is done as soon as it is back, by the erasures. */
export const forgetSoon = async (forget: Forget, invitationId: string): Promise<void> => {
  try {
    await forget([subjectOf(invitationId)]);
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
  }
};

type Ending = { readonly invitationId: string; readonly reason: 'revoked' | 'replaced' | 'expired' };

export const endInvitation = async ({ store, clock, forget }: Pick<InvitationParts, 'store' | 'clock' | 'forget'>, { invitationId, reason }: Ending, context: AppendContext): Promise<number> => {
  const command = { type: 'End', data: { reason }, at: clock().toISOString() } as const;
  const { position, events } = await store.update(streamOfInvitation(invitationId), invitationDecider, (invitation) => invitationDecider.decide(command, invitation), context);
  if (events.length > 0) await forgetSoon(forget, invitationId);
  return position;
};

const replaceOlder = async (parts: InvitationParts, { projectId, email }: { projectId: string; email: string }, context: () => AppendContext): Promise<void> => {
  const holder = await parts.keys.find(nameOf(projectId, email));
  if (holder !== undefined) await endInvitation(parts, { invitationId: userOf(holder), reason: 'replaced' }, context());
};

const invite = (parts: InvitationParts): Invitations['invite'] => async ({ projectId, email, role }, caller, trace) => {
  const { store, projections, keys, list, clock } = parts;
  const context = () => contextOf(trace, byUser(caller.userId), projectId);
  const checkMay = async () => checkMayGive((await loadState(store, `project-${projectId}`, projectDecider)).state, caller.userId, role);
  // Before anything is ended or made. When the invitation is accepted, the roles of that time count once more.
  await checkMay();
  await replaceOlder(parts, { projectId, email }, context);
  if ((await list.openIn(projectId)) >= MOST_OPEN) throw new Refusal('invitation.too_many', `There are ${MOST_OPEN} open invitations in this project. Take some back, or wait until they have been accepted.`);
  const invitationId = newId();
  const token = newInvitationToken(invitationId);
  const sealed = await createPersonalTexts(keys).seal(invitationId, places.email(invitationId), normalEmail(email));
  const expiresAt = new Date(clock().getTime() + DAYS * DAY_MS).toISOString();
  const data = { invitationId, projectId, role, email: sealed, tokenHash: token.hash, invitedBy: caller.userId, expiresAt };
  await store.update(streamOfInvitation(invitationId), invitationDecider, (state) => invitationDecider.decide({ type: 'Invite', data }, state), context());
  await keys.name(subjectOf(invitationId), nameOf(projectId, email));
  await projections.reached(await store.head());
  const invitation = await list.find(projectId, invitationId);
  if (!invitation) throw new Error(`the invitation ${invitationId} that was just made is not there`);
  return { invitation, token: token.text };
};

const revoke = (parts: InvitationParts): Invitations['revoke'] => async ({ projectId, invitationId }, caller, trace) => {
  const { projections, list } = parts;
  const unknown = () => new NotFound('invitation.unknown', 'There is no such invitation in this project.');
  if (!(await list.find(projectId, invitationId))) throw unknown();
  await projections.reached(await endInvitation(parts, { invitationId, reason: 'revoked' }, contextOf(trace, byUser(caller.userId), projectId)));
  const revoked = await list.find(projectId, invitationId);
  if (!revoked) throw unknown();
  return revoked;
};

const read = (parts: InvitationParts): Invitations['read'] => async ({ token }) => {
  const { state } = await openInvitationOf(parts, token);
  const { role, expiresAt } = state;
  const projectId = state.projectId as ProjectId;
  return { projectId, projectName: (await parts.projects.nameOf(projectId)) ?? '', role, email: await invitedAddress(parts, state), expiresAt };
};

export const createInvitations = (parts: InvitationParts): Invitations => ({ invite: invite(parts), revoke: revoke(parts), read: read(parts) });
