/**
 * Coming in by an invitation, once: the invitation's end, the membership and, for somebody new, the account are one append.
 * Each stream at the version that was read: two who come with one link, a link that is taken back meanwhile, an inviter who
 * loses the right to invite, a person who is being forgotten: one of the two finds that something changed.
 */
import { UserId, type acceptInvitation, type AcceptedInvitation, type Caller, type ProjectId } from '@citrus/contracts';
import { Refusal, Unauthenticated } from '@citrus/kit-domain';
import type { StreamAppend } from '@citrus/kit-event-store';
import type { z } from 'zod';
import { byUser, contextOf, type Trace } from '../command-context.ts';
import { appendTogether, loadState } from '../append-together.ts';
import { projectDecider, roleOf } from '../project/project.decider.ts';
import { normalEmail } from '../user/email.ts';
import { prepareAccount } from '../user/new-account.ts';
import type { Passwords } from '../user/password.ts';
import { userDecider } from '../user/user.decider.ts';
import type { Account, Users } from '../user/users.store.ts';
import { invitationDecider, unknownInvitation, usedInvitation } from './invitation.decider.ts';
import { readInvitationToken } from './invitation-token.ts';
import { forgetSoon, invitedAddress, loadInvitation, openInvitationOf, streamOfInvitation, type InvitationParts } from './invitations.ts';

type Parts = InvitationParts & { readonly users: Users; readonly passwords: Passwords };
export type AcceptInvitation = {
  /** Makes the account. */
  accept(input: z.infer<typeof acceptInvitation.input>, trace: Trace): Promise<AcceptedInvitation>;
  acceptSignedIn(input: { token: string }, caller: Caller, trace: Trace): Promise<AcceptedInvitation>;
};
type Opened = Awaited<ReturnType<typeof openInvitationOf>>;
/** Whose user stream says that the person takes a role: by being made, or beside the grant. */
type Person = { readonly userId: string; readonly append: StreamAppend };
type Decided = { readonly appends: readonly StreamAppend[]; readonly result: AcceptedInvitation };

const signInFirst = () => new Refusal('invitation.sign_in_first', 'There is an account with this e-mail address already. Sign in with it, then open the link again.');
const otherAddress = () => new Refusal('invitation.other_address', 'This invitation is for another e-mail address than the one that you are signed in with. Sign out and open the link again, or ask for an invitation of your address.');

const decideAdmission = async ({ store, clock }: Parts, { state, hash, version }: Opened, { userId, append }: Person): Promise<Decided> => {
  const { invitationId, projectId, role, invitedBy } = state;
  const project = await loadState(store, `project-${projectId}`, projectDecider);
  const admitted = projectDecider.decide({ type: 'AdmitMember', data: { projectId, userId, role, invitedBy } }, project.state);
  const held = roleOf(admitted.reduce(projectDecider.evolve, project.state), userId) ?? role;
  const accepted = invitationDecider.decide({ type: 'Accept', data: { tokenHash: hash, userId, role: held }, at: clock().toISOString() }, state);
  return {
    appends: [
      { stream: streamOfInvitation(invitationId), expected: version, events: accepted, projectId },
      { stream: `project-${projectId}`, expected: project.version, events: admitted, projectId },
      append,
    ],
    result: { userId: UserId.parse(userId), projectId: projectId as ProjectId, role: held },
  };
};

/** For so long a new person who asks again is known by the password. Later a used link would be a way around the pauses of wrong sign-ins. */
const AGAIN_WITHIN_MS = 10 * 60_000;

/** The first answer may have been lost: whoever accepted it gets it again, if `isPerson` says that it is the same one. */
const acceptedBefore = async (parts: Parts, token: string, isPerson: (account: Account, acceptedAt: string | undefined) => Promise<boolean>): Promise<AcceptedInvitation | undefined> => {
  const held = readInvitationToken(token);
  if (!held) throw unknownInvitation();
  const { state } = await loadInvitation(parts.store, held.invitationId);
  if (state.status !== 'accepted' || state.tokenHash !== held.hash) return undefined;
  const account = await parts.users.byId(state.userId);
  if (!account || !(await isPerson(account, state.at))) throw usedInvitation();
  return { userId: UserId.parse(state.userId), projectId: state.projectId as ProjectId, role: state.role };
};

const complete = async ({ store, projections, forget, audit }: Parts, token: string, { result, address }: { result: AcceptedInvitation; address?: string }): Promise<AcceptedInvitation> => {
  await projections.reached(await store.head());
  await forgetSoon(forget, readInvitationToken(token)?.invitationId ?? '');
  audit({ action: 'invitation.accept', outcome: 'allowed', actor: byUser(result.userId), reason: `as ${result.role} into project ${result.projectId}`, ...(address !== undefined && { address }) });
  return result;
};

const isLately = ({ clock }: Parts, at: string | undefined): boolean => at !== undefined && clock().getTime() - Date.parse(at) < AGAIN_WITHIN_MS;

const acceptAsNew = (parts: Parts): AcceptInvitation['accept'] => async ({ token, name, password, address }, trace) => {
  const before = await acceptedBefore(parts, token, async (account, at) => isLately(parts, at) && parts.passwords.isRight(account, password));
  if (before) return before;
  const result = await appendTogether(parts.store, () => contextOf(trace, { kind: 'service', id: 'auth' }), async () => {
    const opened = await openInvitationOf(parts, token);
    const person = { email: await invitedAddress(parts, opened.state), name, password };
    await parts.passwords.check(person.password, person);
    const account = await prepareAccount(parts, person);
    if (!account) throw signInFirst();
    return decideAdmission(parts, opened, account);
  });
  return complete(parts, token, { result, address });
};

const acceptSignedIn = (parts: Parts): AcceptInvitation['acceptSignedIn'] => async ({ token }, caller, trace) => {
  const before = await acceptedBefore(parts, token, async ({ userId }) => userId === caller.userId);
  if (before) return before;
  const result = await appendTogether(parts.store, () => contextOf(trace, byUser(caller.userId)), async () => {
    const opened = await openInvitationOf(parts, token);
    const account = await parts.users.byId(caller.userId);
    if (!account) throw new Unauthenticated('Your sign-in is no longer valid; sign in again.', 'session.ended');
    if (account.email === null || normalEmail(account.email) !== (await invitedAddress(parts, opened.state))) throw otherAddress();
    const { userId } = account;
    const user = await loadState(parts.store, `user-${userId}`, userDecider);
    const events = userDecider.decide({ type: 'TakeRole', data: { userId, projectId: opened.state.projectId } }, user.state);
    return decideAdmission(parts, opened, { userId, append: { stream: `user-${userId}`, expected: user.version, events } });
  });
  return complete(parts, token, { result });
};

export const createAcceptInvitation = (parts: Parts): AcceptInvitation => ({ accept: acceptAsNew(parts), acceptSignedIn: acceptSignedIn(parts) });
