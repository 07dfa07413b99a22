/**
 * The first person: account, project, ownership and administration in one append at the version of the installation's
 * stream that was read, so that of two who come at once one wins. The same person may ask again.
 */
import { ProjectId, UserId, type claimInstallation } from '@citrus/contracts';
import { Forbidden, Refusal } from '@citrus/kit-domain';
import { newId, type EventStore, type Projections, type StreamAppend, type SubjectKeys } from '@citrus/kit-event-store';
import type { z } from 'zod';
import { byUser, contextOf, type Trace } from '../command-context.ts';
import { appendTogether, loadState } from '../append-together.ts';
import type { Audit } from '../audit/audit.ts';
import { projectDecider } from '../project/project.decider.ts';
import { normalEmail } from '../user/email.ts';
import { prepareAccount } from '../user/new-account.ts';
import type { Passwords } from '../user/password.ts';
import type { Users } from '../user/users.store.ts';
import type { ClaimTokens } from './claim-token.ts';
import { INSTALLATION, installationDecider } from './installation.decider.ts';

type Input = z.infer<typeof claimInstallation.input>;
type Claimed = z.infer<typeof claimInstallation.reply>;
type Parts = {
  readonly store: EventStore; readonly projections: Projections; readonly users: Users; readonly keys: SubjectKeys; readonly passwords: Passwords;
  readonly tokens: ClaimTokens; readonly audit: Audit;
};
export type Claim = {
  claim(input: Input, trace: Trace): Promise<Claimed>;
  /** Whether the link is of use: nobody is there yet. */
  isOpen(): Promise<boolean>;
};

const claimed = () => new Refusal('installation.claimed', 'Somebody has claimed this installation already. Sign in, or ask its administrator to invite you.');

const isOpen = async ({ store, projections, users }: Parts): Promise<boolean> => {
  await projections.reached(await store.head());
  return !(await users.isAnyAdministrator()) && !(await users.isAnyMember());
};

/** Whoever claimed it, with the same address and password: the first answer may have been lost. */
const answerAgain = async ({ store, users, passwords }: Parts, { email, password }: Input): Promise<Claimed> => {
  const { claimedBy } = (await loadState(store, INSTALLATION, installationDecider)).state;
  const account = claimedBy && (await users.byId(claimedBy.userId));
  if (!claimedBy || account?.email !== normalEmail(email) || !(await passwords.isRight(account, password))) throw claimed();
  return { userId: UserId.parse(claimedBy.userId), projectId: ProjectId.parse(claimedBy.projectId) };
};

const decideClaim = async (parts: Parts, input: Input): Promise<{ appends: StreamAppend[]; result: Claimed | undefined }> => {
  const { state, version } = await loadState(parts.store, INSTALLATION, installationDecider);
  if (!(await isOpen(parts))) return { appends: [], result: undefined };
  const account = await prepareAccount(parts, input);
  if (!account) return { appends: [], result: undefined };
  const { userId, append } = account;
  const projectId = newId();
  const project = projectDecider.decide({ type: 'CreateProject', data: { projectId, name: input.projectName, ownerId: userId } }, projectDecider.initialState);
  const events = installationDecider.decide({ type: 'Claim', data: { userId, projectId } }, state);
  return {
    appends: [{ stream: INSTALLATION, expected: version, events }, append, { stream: `project-${projectId}`, expected: 'none', events: project, projectId }],
    result: { userId: UserId.parse(userId), projectId: ProjectId.parse(projectId) },
  };
};

export const createClaim = (parts: Parts): Claim => ({
  isOpen: () => isOpen(parts),
  claim: async (input, trace) => {
    const { store, projections, tokens, audit } = parts;
    if (!tokens.isOurs(input.token)) {
      audit({ action: 'installation.claim', outcome: 'refused', address: input.address, reason: 'a wrong token' });
      throw new Forbidden('This is not the link of this installation. Open the one that auth printed on its console when it started.', 'claim.wrong_token');
    }
    await parts.passwords.check(input.password, input);
    const result = await appendTogether(store, () => contextOf(trace, { kind: 'service', id: 'auth' }), () => decideClaim(parts, input));
    await projections.reached(await store.head());
    if (!result) return answerAgain(parts, input);
    audit({ action: 'installation.claim', outcome: 'allowed', address: input.address, actor: byUser(result.userId) });
    return result;
  },
});
