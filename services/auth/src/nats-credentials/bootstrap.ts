/**
 * Makes the trust that everything on NATS rests on: the operator, three accounts, signing keys and our own programs'
 * credentials. It can be run again at any time: a key or credential that is there is kept, JWTs are made anew only when
 * they would say something else (a service got another right).
 */
import { createKey } from '@citrus/kit-crypto';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ACCOUNT_NAMES, CONTROL_ROLES, firstAccountClaims, type AccountName, type ControlRole, type PublicKeys } from './accounts.ts';
import { mintAccount, mintCredentials, mintOperator, operatorClaims, saysTheSame } from './jwt.ts';
import {
  agentSignerFiles, authKeysDirOf, claimsCredsFile, credsFileOf, makeDirectories, operatorSigningFile, publicKeysFile, readIfThere, readRetired, readOrCreate, readOrCreateKey, replaceFile,
} from './trust-directory.ts';
import { retireCredentials, rotateCredentials } from './rotate.ts';
import type { KeyPair } from '@nats-io/nkeys';

export type Trust = {
  readonly dir: string;
  /** All that auth needs of it, for a CITRUS_NATS_KEYS_DIR without the offline part. */
  readonly authKeysDir: string;
  readonly operatorJwt: string;
  readonly publicKeys: PublicKeys;
  readonly accountJwts: Readonly<Record<AccountName, string>>;
  /** For each program's CITRUS_NATS_CREDS_FILE. */
  readonly credsFiles: Readonly<Record<ControlRole, string>>;
};

const recordOf = async <Key extends string, Value>(keys: readonly Key[], make: (key: Key) => Promise<Value>): Promise<Record<Key, Value>> =>
  Object.fromEntries(await Promise.all(keys.map(async (key) => [key, await make(key)] as const))) as Record<Key, Value>;

const readOrMint = async (path: string, holds: (jwt: string) => boolean, mint: () => Promise<string>): Promise<string> => {
  const there = await readIfThere(path);
  if (there !== undefined && holds(there)) return there;
  const jwt = await mint();
  await replaceFile(path, jwt);
  return jwt;
};

const makeKeys = async (dir: string) => {
  const offline = (name: string) => join(dir, 'offline', `${name}.seed`);
  const authKeysDir = authKeysDirOf(dir);
  return {
    operator: await readOrCreateKey(offline('operator'), 'operator'),
    operatorSigning: await readOrCreateKey(operatorSigningFile(authKeysDir), 'operator'),
    accounts: await recordOf(ACCOUNT_NAMES, (name) => readOrCreateKey(offline(name), 'account')),
    claims: await readOrCreateKey(offline('SYS-claims'), 'account'),
    control: await recordOf(CONTROL_ROLES, (role) => readOrCreateKey(offline(`CONTROL-${role}`), 'account')),
    agents: await Promise.all(agentSignerFiles(authKeysDir).map((path) => readOrCreateKey(path, 'account'))),
  };
};

const publicKeysOf = (keys: Awaited<ReturnType<typeof makeKeys>>): PublicKeys => {
  const publicOf = <Key extends string>(pairs: Record<Key, KeyPair>) =>
    Object.fromEntries(Object.entries<KeyPair>(pairs).map(([name, pair]) => [name, pair.getPublicKey()])) as Record<Key, string>;
  return {
    operator: keys.operator.getPublicKey(),
    accounts: publicOf(keys.accounts),
    signers: { claims: keys.claims.getPublicKey(), control: publicOf(keys.control), agents: keys.agents.map((key) => key.getPublicKey()) },
  };
};

export const bootstrapTrust = async ({ dir }: { dir: string }): Promise<Trust> => {
  await makeDirectories(dir);
  const keys = await makeKeys(dir);
  const publicKeys = publicKeysOf(keys);
  const { accounts } = publicKeys;
  const authKeysDir = authKeysDirOf(dir);
  await replaceFile(publicKeysFile(authKeysDir), `${JSON.stringify(publicKeys, null, 2)}\n`);

  const forOperator = operatorClaims(keys.operatorSigning.getPublicKey(), accounts.SYS);
  const operatorJwt = await readOrMint(join(dir, 'operator.jwt'), (jwt) => saysTheSame(jwt, forOperator), () => mintOperator(keys.operator, forOperator));
  const claims = firstAccountClaims(publicKeys, { CONTROL: await readRetired({ dir: authKeysDir }) });
  const accountJwts = await recordOf(ACCOUNT_NAMES, (name) =>
    readOrMint(join(dir, 'accounts', `${name}.jwt`), (jwt) => saysTheSame(jwt, claims[name]), () => mintAccount(name, accounts[name], claims[name], keys.operatorSigning)),
  );

  const credsFiles = await recordOf(CONTROL_ROLES, async (role) => credsFileOf(dir, role));
  for (const role of CONTROL_ROLES) await readOrCreate(credsFiles[role], () => mintCredentials(role, createKey('user'), accounts.CONTROL, keys.control[role]));
  await readOrCreate(claimsCredsFile(authKeysDir), () => mintCredentials('auth', createKey('user'), accounts.SYS, keys.claims));
  return { dir, authKeysDir, operatorJwt, publicKeys, accountJwts, credsFiles };
};

const roleOf = (role: string | undefined): ControlRole => {
  const known = CONTROL_ROLES.find((one) => one === role);
  if (!known) throw new Error(`Say whose credentials with --role: ${CONTROL_ROLES.join(', ')}.`);
  return known;
};

if (import.meta.main) {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { dir: { type: 'string' }, role: { type: 'string' } } });
  const [command = 'make'] = positionals;
  if (!values.dir || !['make', 'rotate', 'retire'].includes(command)) throw new Error('Say where the keys lie: bootstrap [rotate --role <role> | retire --role <role>] --dir <trust directory>');
  if (command === 'make') await bootstrapTrust({ dir: values.dir });
  else process.stdout.write(`${await (command === 'rotate' ? rotateCredentials : retireCredentials)(values.dir, roleOf(values.role))}\n`);
}
