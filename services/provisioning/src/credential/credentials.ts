/**
 * The cloud credentials of a project, as its admins manage them. A token is tested before anything depends on it; it is
 * kept, sealed, before the log tells of it; and what a crash in between leaves is swept away later (`credential-upkeep.ts`).
 */
import { CloudQuery, type Cloud, type CloudCatalog, type CloudChoice, type CloudId, type CloudKind, type CloudList, type NewCloud } from '@citrus/contracts';
import { NotFound, Refusal, Unavailable, type ProjectScope } from '@citrus/kit-domain';
import { newId, type Projections } from '@citrus/kit-event-store';
import { pageOfShortList } from '@citrus/kit-messaging';
import { z } from 'zod';
import type { AccountOpener, OpenAccount } from '../provider/open-account.ts';
import type { Probe } from '../provider/provider.port.ts';
import type { BaseUrls } from './base-urls.ts';
import { USUAL } from './cloud-choice.ts';
import type { CredentialClouds } from './credential-clouds.ts';
import type { CredentialLog, CredentialOrigin, Executed } from './credential-log.ts';
import type { PresentCredential } from './credential.decider.ts';
import type { CredentialQueries } from './credential.queries.ts';
import { createOffersCache } from './offers-cache.ts';
import type { TokenVault } from './token-vault.ts';

/** So that the list of them is short. */
const MOST_IN_A_PROJECT = 50;

const CloudsAsked = z.object(CloudQuery);
type CloudsAsked = z.infer<typeof CloudsAsked>;
const ALL = CloudsAsked.parse({});

export type One = { readonly scope: ProjectScope; readonly cloudId: CloudId; readonly origin: CredentialOrigin };
export type Credentials = {
  add(wanted: NewCloud, one: One): Promise<Cloud>;
  list(scope: ProjectScope, asked?: CloudsAsked): Promise<CloudList>;
  test(one: One): Promise<Cloud>;
  rotate(token: string, one: One): Promise<Cloud>;
  chooseDefault(choice: CloudChoice, scope: ProjectScope, origin: CredentialOrigin): Promise<CloudList>;
  remove(one: One): Promise<void>;
  catalog(choice: CloudChoice, scope: ProjectScope): Promise<CloudCatalog>;
};

export type CredentialParts = {
  readonly log: CredentialLog;
  readonly vault: TokenVault;
  readonly queries: CredentialQueries;
  readonly projections: Pick<Projections, 'reached'>;
  readonly clouds: Pick<CredentialClouds, 'accountOf'>;
  readonly baseUrls: BaseUrls;
  /** For a test: with a budget of its own. */
  readonly open: AccountOpener;
  readonly installation: { readonly kind: CloudKind } & Pick<OpenAccount, 'offers'>;
  readonly now: () => Date;
};

type Good = Extract<Probe, { isGood: true }>;
const NOBODY_KNOWS = new Set(['cloud.unavailable', 'cloud.unreachable', 'cloud.rate_limited']);

const notFound = () => new NotFound('cloud.not_found', 'There is no such cloud in this project. See which there are: citrus clouds list');
const endOf = (token: string): string => token.slice(-4);

/** @throws Unavailable when the cloud could not be asked: then nobody knows, and nothing changes */
const probe = async ({ open, baseUrls }: CredentialParts, account: { readonly kind: CloudKind; readonly baseUrl: string | null; readonly token: string }): Promise<Probe> => {
  if (!baseUrls.isAllowed(account.baseUrl)) throw new Refusal('cloud.address_not_allowed', 'The address of this cloud is not allowed by the installation (any more). Ask its operator: CITRUS_CLOUD_BASE_URLS.');
  const opened = open(account);
  try {
    const result = await opened.cloud.probe();
    if (!result.isGood && NOBODY_KNOWS.has(result.code)) throw new Unavailable(`The token could not be tested. ${result.reason} Try again later.`, { retryAfterMs: 5000 });
    return result;
  } finally {
    await opened.close();
  }
};

const requireGood = (result: Probe, what: string): Good => {
  if (result.isGood) return result;
  throw new Refusal('cloud.token_not_good', `${result.reason} ${what}`, [{ path: 'token', message: result.reason }]);
};

const present = async ({ log }: CredentialParts, { scope, cloudId }: Omit<One, 'origin'>): Promise<PresentCredential> => {
  const credential = await log.load(cloudId);
  if ((credential.status !== 'there' && credential.status !== 'removing') || credential.projectId !== scope.projectId) throw notFound();
  return credential;
};

const shown = async ({ queries, projections }: CredentialParts, { scope, cloudId }: One, { position }: Pick<Executed, 'position'>): Promise<Cloud> => {
  await projections.reached(position);
  const cloud = await queries.read(scope, cloudId);
  if (!cloud) throw notFound();
  return cloud;
};

/** What was refused is given up at once; what nobody knows the outcome of is swept away later, if it is not in the log. */
const withKeptToken = async <T>({ vault }: CredentialParts, kept: { readonly tokenId: string; readonly credentialId: string; readonly token: string }, tell: () => Promise<T>): Promise<T> => {
  await vault.keep(kept);
  try {
    return await tell();
  } catch (error) {
    if (error instanceof Refusal || error instanceof NotFound) await vault.destroy(kept.tokenId);
    throw error;
  }
};

const checkRoom = async ({ queries }: CredentialParts, { scope, cloudId }: One, name: string): Promise<void> => {
  const others = (await queries.list(scope)).filter(({ id }) => id !== cloudId);
  if (others.length >= MOST_IN_A_PROJECT) throw new Refusal('cloud.too_many', `There are ${MOST_IN_A_PROJECT} clouds in this project already. Remove those that nobody uses.`);
  if (others.some((other) => other.name === name)) throw new Refusal('cloud.name_taken', `There is a cloud called ${name} in this project already. Choose another name, or give that one a new token.`, [{ path: 'name', message: 'is taken' }]);
};

/** The same wish again, by its id: the same token, or somebody mixes two wishes up. */
const addedBefore = async (parts: CredentialParts, { token }: NewCloud, credential: PresentCredential): Promise<boolean> => {
  if ((await parts.vault.open(credential.tokenId)) === token) return true;
  throw new Refusal('idempotency.reused', 'This Idempotency-Key was used for another cloud, or for another token. Choose a new one.');
};

const add = async (parts: CredentialParts, wanted: NewCloud, one: One): Promise<Cloud> => {
  const { log, baseUrls, now } = parts;
  const { cloudId: credentialId, scope, origin } = one;
  const baseUrl = baseUrls.checked(wanted.baseUrl);
  const before = await log.load(credentialId);
  if (before.status === 'there' && before.projectId === scope.projectId && (await addedBefore(parts, wanted, before))) return shown(parts, one, { position: 0 });
  await checkRoom(parts, one, wanted.name);
  const { account, machineLimit } = requireGood(await probe(parts, { kind: wanted.kind, baseUrl: baseUrl ?? null, token: wanted.token }), 'The cloud was not added.');
  const tokenId = newId();
  const data = { credentialId, projectId: origin.projectId as Cloud['projectId'], name: wanted.name, kind: wanted.kind, ...(baseUrl !== undefined && { baseUrl }), tokenId, tokenEnd: endOf(wanted.token), account, machineLimit };
  return withKeptToken(parts, { tokenId, credentialId, token: wanted.token }, async () => shown(parts, one, await log.execute({ type: 'AddCredential', at: now().toISOString(), data }, origin)));
};

/** What the cloud says now about the token that is kept. */
export const testKept = async (parts: CredentialParts, { credential, origin }: { readonly credential: PresentCredential; readonly origin: CredentialOrigin }): Promise<Executed> => {
  const { credentialId, tokenId, kind, baseUrl, name } = credential;
  const token = await parts.vault.open(tokenId);
  if (token === undefined) throw new Unavailable(`The API token of the cloud ${name} was just replaced.`);
  const result = await probe(parts, { kind, baseUrl, token });
  const told = result.isGood ? { account: result.account, machineLimit: result.machineLimit } : { account: null, machineLimit: null, problem: { code: result.code, reason: result.reason } };
  return parts.log.execute({ type: 'RecordTest', at: parts.now().toISOString(), data: { credentialId, tokenId, ...told } }, origin);
};

const rotate = async (parts: CredentialParts, token: string, one: One): Promise<Cloud> => {
  const { log, vault, now } = parts;
  const credential = await present(parts, one);
  const { credentialId, kind, baseUrl } = credential;
  // The very token that is in use: nothing to replace, but perhaps the cloud accepts it again.
  if ((await vault.open(credential.tokenId)) === token) return shown(parts, one, await testKept(parts, { credential, origin: one.origin }));
  const { account, machineLimit } = requireGood(await probe(parts, { kind, baseUrl, token }), 'The cloud keeps the token that it had.');
  const tokenId = newId();
  return withKeptToken(parts, { tokenId, credentialId, token }, async () =>
    shown(parts, one, await log.execute({ type: 'RotateToken', at: now().toISOString(), data: { credentialId, tokenId, tokenEnd: endOf(token), account, machineLimit } }, one.origin)));
};

/**
 * In two steps: from the first one on nothing is made with the credential, so that the servers that use it can be
 * counted once and for all. Whoever comes after a process that died between them goes on.
 */
export const removeUnused = async ({ log, queries, projections, now }: CredentialParts, credentialId: CloudId, origin: CredentialOrigin): Promise<number> => {
  const at = () => now().toISOString();
  const begun = await log.execute({ type: 'BeginRemoval', at: at(), data: { credentialId } }, origin);
  await projections.reached(begun.position);
  const servers = await queries.serversOf(credentialId);
  const ended = servers > 0
    ? await log.execute({ type: 'StopRemoval', at: at(), data: { credentialId, servers } }, origin)
    : await log.execute({ type: 'FinishRemoval', at: at(), data: { credentialId } }, origin);
  await projections.reached(ended.position);
  return servers;
};

const remove = async (parts: CredentialParts, one: One): Promise<void> => {
  const credential = await parts.log.load(one.cloudId);
  if (credential.status === 'removed' && credential.projectId === one.scope.projectId) return;
  const { name } = await present(parts, one);
  const servers = await removeUnused(parts, one.cloudId, one.origin);
  if (servers > 0) throw new Refusal('cloud.in_use', `${servers === 1 ? 'A server was' : `${servers} servers were`} made with the cloud ${name}. Delete ${servers === 1 ? 'it' : 'them'} first, or give the cloud another token instead.`);
};

export const createCredentials = (parts: CredentialParts): Credentials => {
  const { log, queries, projections, clouds, installation, now } = parts;
  const offersOf = createOffersCache(() => now().getTime());
  const list: Credentials['list'] = async (scope, { kind, status, ...page } = ALL) => {
    const all = await queries.list(scope);
    const meant = all.filter((cloud) => (kind ?? cloud.kind) === cloud.kind && (status ?? cloud.status) === cloud.status);
    return { ...pageOfShortList(meant, page, (cloud) => cloud), installation: { kind: installation.kind, isDefault: !all.some(({ isDefault }) => isDefault) } };
  };
  return {
    add: (wanted, one) => add(parts, wanted, one),
    list,
    test: async (one) => shown(parts, one, await testKept(parts, { credential: await present(parts, one), origin: one.origin })),
    rotate: (token, one) => rotate(parts, token, one),
    chooseDefault: async (choice, scope, origin) => {
      const credentialId = choice === 'installation' ? null : (await present(parts, { scope, cloudId: choice })).credentialId;
      const data = { projectId: scope.projectId as Cloud['projectId'], credentialId, at: now().toISOString() };
      await projections.reached((await log.chooseDefault({ type: 'DefaultCloudChosen', data }, origin)).position);
      return list(scope);
    },
    remove: (one) => remove(parts, one),
    catalog: async (choice, scope) => {
      if (choice === 'installation') return { kind: installation.kind, ...(await offersOf('installation', installation.offers)), defaults: USUAL[installation.kind] };
      const credential = await present(parts, { scope, cloudId: choice });
      const { offers } = await clouds.accountOf(credential);
      return { kind: credential.kind, ...(await offersOf(credential.tokenId, offers)), defaults: USUAL[credential.kind] };
    },
  };
};
