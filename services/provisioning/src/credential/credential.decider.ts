/**
 * What may happen to a cloud credential. Whether a token is good is found out before, by asking the cloud; here stands
 * which token counts, since when, and that nothing is made with one that is on its way out.
 */
import type { CloudId, CloudKind } from '@citrus/contracts';
import { NotFound, Refusal, type Decider } from '@citrus/kit-domain';
import type { CredentialDataOf, CredentialEvent } from './credential.events.ts';

type Present = {
  /** `removing`: it is counted who uses it; nothing new is made. */
  readonly status: 'there' | 'removing';
  readonly credentialId: CloudId;
  readonly projectId: string;
  readonly name: string;
  readonly kind: CloudKind;
  readonly baseUrl: string | null;
  readonly tokenId: string;
  /** Why the cloud does not accept the token. */
  readonly refused: { readonly reason: string } | null;
  /** When a token that had been refused was good again: waiting until then was nobody's fault. */
  readonly goodSince: string | null;
  readonly testedAt: string;
};
export type PresentCredential = Present;
export type CredentialState = { readonly status: 'none' } | Present | { readonly status: 'removed'; readonly projectId: string; readonly name: string };

type Of<Type extends string, Data> = { readonly type: Type; readonly at: string; readonly data: { readonly credentialId: CloudId } & Data };
type Without<Type extends CredentialEvent['type'], Key extends string> = Omit<CredentialDataOf<Type>, 'at' | 'credentialId' | Key>;

export type AddCredential = Of<'AddCredential', Without<'CredentialAdded', never>>;
export type CredentialCommand =
  | AddCredential
  | Of<'RecordTest', Without<'CredentialTested', never>>
  | Of<'RotateToken', Without<'CredentialRotated', 'replaces'>>
  /** From whoever made a call with the token. */
  | Of<'RefuseToken', Without<'CredentialRefused', never>>
  | Of<'BeginRemoval', unknown>
  | Of<'StopRemoval', { readonly servers: number }>
  | Of<'FinishRemoval', unknown>;

const unknownCredential = () => new NotFound('cloud.not_found', 'There is no such cloud in this project.');

const add = ({ data, at }: AddCredential, credential: CredentialState): CredentialEvent[] => {
  if (credential.status === 'none') return [{ type: 'CredentialAdded', data: { ...data, at } }];
  const isSame = credential.status !== 'removed' && credential.projectId === data.projectId && credential.name === data.name && credential.kind === data.kind && credential.baseUrl === (data.baseUrl ?? null);
  if (isSame) return [];
  throw new Refusal('cloud.exists', 'There is, or was, another cloud with this id. Use a new Idempotency-Key for another one.');
};

const decidePresent = (command: Exclude<CredentialCommand, AddCredential>, credential: Present): CredentialEvent[] => {
  const { at } = command;
  const isCurrent = 'tokenId' in command.data && command.data.tokenId === credential.tokenId;
  switch (command.type) {
    case 'RecordTest': return isCurrent && credential.testedAt !== at ? [{ type: 'CredentialTested', data: { ...command.data, at } }] : [];
    case 'RotateToken':
      if (isCurrent) return [];
      if (credential.status === 'removing') throw new Refusal('cloud.being_removed', `The cloud ${credential.name} is being removed. Wait a moment, and look whether it is still there.`);
      return [{ type: 'CredentialRotated', data: { ...command.data, replaces: credential.tokenId, at } }];
    case 'RefuseToken': return isCurrent && !credential.refused ? [{ type: 'CredentialRefused', data: { ...command.data, at } }] : [];
    case 'BeginRemoval': return credential.status === 'there' ? [{ type: 'CredentialRemovalBegun', data: { ...command.data, at } }] : [];
    case 'StopRemoval': return credential.status === 'removing' ? [{ type: 'CredentialRemovalStopped', data: { ...command.data, at } }] : [];
    case 'FinishRemoval': return credential.status === 'removing' ? [{ type: 'CredentialRemoved', data: { ...command.data, tokenId: credential.tokenId, at } }] : [];
  }
};

/** What comes late about a credential that is gone is no news; people are told that it is gone. */
const decideRemoved = (command: Exclude<CredentialCommand, AddCredential>): CredentialEvent[] => {
  if (command.type === 'RotateToken') throw unknownCredential();
  return [];
};

const decide = (command: CredentialCommand, credential: CredentialState): CredentialEvent[] => {
  if (command.type === 'AddCredential') return add(command, credential);
  if (credential.status === 'none') throw unknownCredential();
  return credential.status === 'removed' ? decideRemoved(command) : decidePresent(command, credential);
};

const added = ({ credentialId, projectId, name, kind, baseUrl, tokenId, at }: CredentialDataOf<'CredentialAdded'>): Present => ({
  status: 'there', credentialId, projectId, name, kind, baseUrl: baseUrl ?? null, tokenId, refused: null, goodSince: null, testedAt: at,
});

/** The cloud says 401, and not only that something else is missing. */
export const UNAUTHORIZED = 'cloud.unauthorized';

const acceptedAgain = (credential: Present, at: string): Present => ({ ...credential, refused: null, ...(credential.refused && { goodSince: at }) });

const tested = (credential: Present, { problem, at }: CredentialDataOf<'CredentialTested'>): Present => {
  const seen = { ...credential, testedAt: at };
  if (!problem) return acceptedAgain(seen, at);
  return problem.code === UNAUTHORIZED ? { ...seen, refused: { reason: problem.reason } } : seen;
};

const evolve = (credential: CredentialState, event: CredentialEvent): CredentialState => {
  if (event.type === 'CredentialAdded') return added(event.data);
  if (credential.status === 'none' || credential.status === 'removed') return credential;
  switch (event.type) {
    case 'CredentialTested': return tested(credential, event.data);
    case 'CredentialRotated': return { ...acceptedAgain(credential, event.data.at), tokenId: event.data.tokenId, testedAt: event.data.at };
    case 'CredentialRefused': return { ...credential, refused: { reason: event.data.reason } };
    case 'CredentialRemovalBegun': return { ...credential, status: 'removing' };
    case 'CredentialRemovalStopped': return { ...credential, status: 'there' };
    case 'CredentialRemoved': return { status: 'removed', projectId: credential.projectId, name: credential.name };
  }
};

export const credentialDecider: Decider<CredentialState, CredentialCommand, CredentialEvent> = { initialState: { status: 'none' }, decide, evolve };
