/**
 * Everybody who may knock: people of each role with accounts of their own, programs, strangers with tokens of all kinds. People come as
 * people do: invited, with a password, signed in. Their sessions' tokens are then signed once more with the running
 * system's own key, to last as long as the test; with that key the tokens are made that must not be believed, too.
 */
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { AccessClaims, TOKEN_AUDIENCE, TOKEN_ISSUER, type Role } from '@citrus/contracts';
import { openMasterKeys, openWithKey } from '@citrus/kit-crypto';
import { importJWK, SignJWT, type CryptoKey, type JWK, type KeyObject } from 'jose';
import { Client as Database } from 'pg';
import { Client } from './client.ts';
import type { System } from './system.ts';

/** What a valid token says; undefined for a token that must not be believed, or none. */
export type Standing = { readonly roles: Readonly<Record<string, Role>>; readonly isAdministrator: boolean; readonly by: 'session' | 'token'; /** A second factor is asked for and was not shown. */ readonly isFactorDue?: true };
export type Caller = {
  readonly name: string;
  readonly userId: string;
  readonly token: string | undefined;
  readonly standing: Standing | undefined;
  /** Known to the hub alone: API tokens, and what was taken back a moment ago. Behind it services see access tokens, and when they end. */
  readonly isForTheHub?: true;
  /** Its own project; strangers are tried on the first one. */
  readonly home: string;
};

export const environmentOf = (system: System, program: string): Record<string, string> =>
  Object.fromEntries(readFileSync(`/proc/${system.pidOf(program)}/environ`, 'utf8').split('\0').map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));

type SigningKey = { readonly keyId: string; readonly key: CryptoKey | KeyObject | Uint8Array };

const signingKeyOf = async (system: System): Promise<SigningKey> => {
  const { CITRUS_DATABASE_URL: connectionString = '', CITRUS_MASTER_KEY_FILE: file = '' } = environmentOf(system, 'auth');
  const database = new Database({ connectionString });
  await database.connect();
  try {
    const { rows } = await database.query<{ key_id: string; sealed_private_key: string }>('select key_id, sealed_private_key from signing_keys where is_current');
    const [row] = rows;
    if (!row) throw new Error('the running system has no signing key');
    const jwk = JSON.parse(openWithKey(openMasterKeys(file), row.sealed_private_key, `signing-key-${row.key_id}`)) as JWK;
    return { keyId: row.key_id, key: await importJWK(jwk, 'EdDSA') };
  } finally {
    await database.end();
  }
};

type How = { readonly audience?: string; readonly issuer?: string; readonly expires?: string; readonly signer?: SigningKey };
type Mint = (claims: AccessClaims, how?: How) => Promise<string>;

const openMint = async (system: System): Promise<Mint> => {
  const own = await signingKeyOf(system);
  return (claims, { audience = TOKEN_AUDIENCE, issuer = TOKEN_ISSUER, expires = '1h', signer = own } = {}) =>
    new SignJWT(claims).setProtectedHeader({ alg: 'EdDSA', kid: signer.keyId, typ: 'JWT' }).setIssuer(issuer).setAudience(audience).setIssuedAt().setExpirationTime(expires).setJti(randomUUID()).sign(signer.key);
};

const partsOf = (token: string): unknown[] => token.split('.').slice(0, 2).map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()) as unknown);
const claimsOf = (token: string): AccessClaims => AccessClaims.parse(partsOf(token)[1]);
const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

export type People = {
  readonly admin: Client;
  /** Two projects, both owned by the first administrator. */
  readonly projects: readonly [string, string];
  /** Invited, with a password of one's own, and signed in. */
  readonly invite: (projectId: string, role: Role) => Promise<{ readonly userId: string; readonly token: string }>;
  readonly mint: Mint;
};

/** A request that must work. */
const must = async <T>(client: Client, method: string, path: string, body?: unknown): Promise<T> => {
  const answer = await client.insist<T>(method, path, body);
  if (answer.status >= 300) throw new Error(`${method} ${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
  return answer.body;
};

export const openPeople = async (system: System): Promise<People> => {
  const mint = await openMint(system);
  const stranger = new Client(system.credentials);
  const signIn = async (email: string, password: string): Promise<string> => {
    const { accessToken } = await must<{ accessToken: string }>(stranger, 'POST', '/api/auth/login', { email, password });
    return mint(claimsOf(accessToken));
  };
  const asAdmin = async () => new Client(system.credentials, await signIn(system.credentials.email, system.credentials.password));
  // With each project comes a role that the token from before does not have.
  const project = async (name: string) => (await must<{ id: string }>(await asAdmin(), 'POST', '/api/projects', { name })).id;
  const projects = [await project('first'), await project('second')] as const;
  const admin = await asAdmin();
  return {
    admin, projects, mint,
    invite: async (projectId, role) => {
      const [email, password] = [`${role}-${randomUUID().slice(0, 8)}@example.org`, `${randomUUID()} for the matrix`];
      const { link } = await must<{ link: string }>(admin, 'POST', '/api/invitations', { projectId, email, role });
      const token = link.slice(link.indexOf('#') + 1);
      const { userId } = await must<{ userId: string }>(stranger, 'POST', '/api/invitations/accept', { token, name: `The ${role}`, password });
      return { userId, token: await signIn(email, password) };
    },
  };
};

const memberOf = (projectId: string, role: Role, by: Standing['by'] = 'session'): Standing => ({ roles: { [projectId]: role }, isAdministrator: false, by });

/** Programs: what they hold is exchanged by the hub, and they are nobody in person. */
const programsOf = async (system: System, { projects: [mine] }: People, owner: Caller): Promise<Caller[]> => {
  const client = new Client(system.credentials, owner.token);
  const tokenFor = async (role: Role): Promise<Caller> => {
    const { token } = await must<{ token: string }>(client, 'POST', '/api/tokens', { name: `of the ${role}`, expiresInDays: 1, scopes: [{ projectId: mine, role }] });
    return { ...owner, name: `API token with the role ${role}`, isForTheHub: true, token, standing: memberOf(mine, role, 'token') };
  };
  const { userId } = await must<{ userId: string }>(client, 'POST', '/api/service-accounts', { projectId: mine, name: 'a program', role: 'operator' });
  const account = await must<{ token: string }>(client, 'POST', `/api/service-accounts/${userId}/tokens`, { projectId: mine, name: 'its token', expiresInDays: 1 });
  return [await tokenFor('owner'), await tokenFor('viewer'), { name: 'service account', isForTheHub: true, userId, home: mine, token: account.token, standing: memberOf(mine, 'operator', 'token') }];
};

/** People whose token says more than is true by now. */
const without = async ({ admin, invite, mint, projects: [mine] }: People, name: string, isAdministrator: boolean): Promise<Caller> => {
  const { userId, token } = await invite(mine, 'viewer');
  if (isAdministrator) await must(admin, 'POST', `/api/users/${userId}/administrator`);
  await must(admin, 'DELETE', `/api/members/${userId}?projectId=${mine}`);
  const { pos: _, ...claims } = claimsOf(token);
  return { name, userId, home: mine, standing: { roles: {}, isAdministrator, by: 'session' }, token: await mint({ ...claims, memberships: [], adm: isAdministrator, pos: Number.MAX_SAFE_INTEGER }) };
};

/** @param agentJwt the NATS credential of an agent, which is a signed token too */
const strangersOf = async ({ mint, projects: [mine] }: People, owner: Caller, agentJwt: string): Promise<Caller[]> => {
  const good = owner.token ?? '';
  const [header, payload] = partsOf(good) as [{ kid: string }, object];
  const claims = claimsOf(good);
  const otherKey = generateKeyPairSync('ed25519').privateKey;
  const [, , signature = ''] = good.split('.');
  const tokens: Record<string, string | undefined> = {
    nobody: undefined,
    'expired token': await mint(claims, { expires: '-1m' }),
    'token for another audience': await mint(claims, { audience: 'grafana' }),
    'token of another issuer': await mint(claims, { issuer: 'elsewhere' }),
    'token signed with another key': await mint(claims, { signer: { keyId: header.kid, key: otherKey } }),
    'token with a key that nobody has': await mint(claims, { signer: { keyId: 'made-up', key: otherKey } }),
    'token with rights written in': [good.split('.')[0], encoded({ ...payload, adm: true }), signature].join('.'),
    'token without a signature': `${encoded({ alg: 'none', typ: 'JWT' })}.${good.split('.')[1]}.`,
    'credential of an agent': agentJwt,
    'made-up API token': `ctr_${'0'.repeat(32)}_${'A'.repeat(43)}`,
    nonsense: 'x.y.z',
  };
  return Object.entries(tokens).map(([name, token]) => ({ name, token, userId: randomUUID(), standing: undefined, home: mine }));
};

/** Whose right of way was taken back a moment ago: known, well signed, and no longer good. */
const endedOf = async (system: System, { admin, invite, projects: [mine] }: People): Promise<Caller[]> => {
  const as = (token: string) => new Client(system.credentials, token);
  const [signedOut, lowered, removed, holder] = [await invite(mine, 'owner'), await invite(mine, 'admin'), await invite(mine, 'admin'), await invite(mine, 'owner')];
  const api = await must<{ id: string; token: string }>(as(holder.token), 'POST', '/api/tokens', { name: 'short', expiresInDays: 1, scopes: [{ projectId: mine, role: 'owner' }] });
  await must(as(api.token), 'GET', `/api/servers?projectId=${mine}`);
  await must(as(signedOut.token), 'DELETE', '/api/auth/sessions');
  await must(admin, 'POST', `/api/members/${lowered.userId}/role`, { projectId: mine, role: 'viewer' });
  await must(admin, 'DELETE', `/api/members/${removed.userId}?projectId=${mine}`);
  await must(as(holder.token), 'DELETE', `/api/tokens/${api.id}`);
  const ended = { 'token of a session that was ended': signedOut.token, 'token of somebody with a lower role by now': lowered.token, 'token of a removed member': removed.token, 'revoked API token': api.token };
  return Promise.all(Object.entries(ended).map(async ([name, token]) => {
    const deadline = Date.now() + 30_000;
    while ((await as(token).request('GET', '/api/auth/me')).status !== 401) {
      if (Date.now() > deadline) throw new Error(`${name} is still good after half a minute`);
      await delay(100);
    }
    return { name, token, userId: randomUUID(), standing: undefined, home: mine, isForTheHub: true as const };
  }));
};

/** Everything that can be had, but for the second factor that the installation asks for. */
const withoutFactor = async ({ admin, invite, mint, projects: [mine] }: People): Promise<Caller> => {
  const { userId, token } = await invite(mine, 'owner');
  await must(admin, 'POST', `/api/users/${userId}/administrator`);
  const due = await mint({ ...claimsOf(token), adm: true, due: true, pos: Number.MAX_SAFE_INTEGER });
  return { name: 'owner and administrator who has shown no second factor', userId, home: mine, token: due, standing: { ...memberOf(mine, 'owner'), isAdministrator: true, isFactorDue: true } };
};

export const everybody = async (system: System, people: People, agentJwt: string): Promise<readonly Caller[]> => {
  const { invite, projects: [mine, other] } = people;
  const members: Caller[] = [];
  for (const role of ['analyst', 'viewer', 'operator', 'admin', 'owner'] as const) members.push({ name: role, home: mine, standing: memberOf(mine, role), ...(await invite(mine, role)) });
  const owner = members.at(-1) as Caller;
  const another: Caller = { name: 'owner of another project', home: other, standing: memberOf(other, 'owner'), ...(await invite(other, 'owner')) };
  return [
    ...members, another, ...(await programsOf(system, people, owner)),
    await without(people, 'administrator without a role', true), await without(people, 'somebody without a role', false), await withoutFactor(people),
    ...(await strangersOf(people, owner, agentJwt)), ...(await endedOf(system, people)),
  ];
};
