import { createPublicKey, verify } from 'node:crypto';
import { AgentId } from '@citrus/contracts';
import { createKey, decodePublicKey } from '@citrus/kit-crypto';
import { fromSeed, type KeyPair } from '@nats-io/nkeys';
import { describe, expect, test } from 'vitest';
import { accountClaims, CONTROL_ROLES, type ControlRole, type PublicKeys } from './accounts.ts';
import { mintAccount, mintAgent, saysTheSame } from './jwt.ts';

const publicKey = () => createKey('account').getPublicKey();
const keys: PublicKeys = {
  operator: createKey('operator').getPublicKey(),
  accounts: { SYS: publicKey(), CONTROL: publicKey(), AGENTS: publicKey() },
  signers: { claims: publicKey(), control: Object.fromEntries(CONTROL_ROLES.map((role) => [role, publicKey()])) as Record<ControlRole, string>, agents: [publicKey(), publicKey()] },
};
const { SYS, CONTROL, AGENTS } = accountClaims(keys);

describe('the accounts', () => {
  test('each say how many connections they allow: an account that does not, allows none', () => {
    for (const account of [SYS, CONTROL, AGENTS]) expect(account.limits).toMatchObject({ conn: -1, subs: -1, leaf: 0 });
  });

  test('T207. keep JetStream to CONTROL', () => {
    for (const account of [SYS, AGENTS]) expect(account.limits).toMatchObject({ mem_storage: 0, disk_storage: 0, streams: 0, consumer: 0 });
  });

  test('limit every answer: no scope has the unlimited one of the JWT library', () => {
    const responses = [SYS, CONTROL, AGENTS].flatMap((account) => account.signing_keys ?? []).map((key) => (typeof key === 'string' ? key : key.template.resp));
    expect(responses).toEqual([
      undefined,
      ...CONTROL_ROLES.map((role) => (role === 'deployer' || role === 'steward' ? undefined : { max: 1, ttl: 60_000_000_000 })),
      ...keys.signers.agents.map(() => ({ max: 1, ttl: 30_000_000_000 })),
    ]);
  });

  test('let SYS out by three literal subjects only', () => {
    const agents = keys.accounts.AGENTS;
    expect(SYS.exports?.map(({ subject }) => subject)).toEqual([`$SYS.ACCOUNT.${agents}.CONNECT`, `$SYS.ACCOUNT.${agents}.DISCONNECT`, `$SYS.REQ.ACCOUNT.${agents}.CONNZ`]);
  });
});

describe('a JWT', () => {
  const agent = { agentId: 'agent-0123', nkey: createKey('user').getPublicKey(), expiresAt: new Date('2030-01-01T00:00:00Z') };
  const signer: KeyPair = createKey('account');

  test.each(['*', 'a.>', 'UPPERCASE1', '12345678', 'short', 'agent 0123', 'agent.0123', '{{tag(x)}}'])('T109. is not made for an agent called %s', async (agentId) => {
    expect(AgentId.safeParse(agentId).success).toBe(false);
    await expect(async () => mintAgent({ ...agent, agentId }, keys.accounts.AGENTS, signer)).rejects.toThrow();
  });

  /** The pure-JavaScript nkeys takes 26 ms for one; how fast ours is made is measured by `npm run bench -- trust`. */
  test('is signed by node’s own Ed25519, and by it alone', async () => {
    const signatures: Uint8Array[] = [];
    const watched = new Proxy(signer, {
      get: (key, name) => {
        if (name !== 'sign') return (Reflect.get(key, name, key) as () => unknown).bind(key);
        return (input: Uint8Array) => {
          const signature = key.sign(input);
          signatures.push(signature);
          return signature;
        };
      },
    });
    const jwt = await mintAgent(agent, keys.accounts.AGENTS, watched);
    expect(signatures.map((signature) => Buffer.from(signature).toString('base64url'))).toEqual([jwt.split('.')[2]]);
    const [head = '', payload = '', signature = ''] = jwt.split('.');
    const publicKey = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(decodePublicKey(signer.getPublicKey()).raw).toString('base64url') }, format: 'jwk' });
    expect(verify(null, Buffer.from(`${head}.${payload}`), publicKey, Buffer.from(signature, 'base64url'))).toBe(true);
    expect(signer).not.toBeInstanceOf(fromSeed(signer.getSeed()).constructor);
  });

  test('of an account is compared by what it says, not by when it was made', async () => {
    const operatorSigning = createKey('operator');
    const jwt = await mintAccount('AGENTS', keys.accounts.AGENTS, AGENTS, operatorSigning);
    expect(saysTheSame(jwt, AGENTS)).toBe(true);
    expect(saysTheSame(jwt, { ...AGENTS, revocations: { '*': 1 } })).toBe(false);
    expect(saysTheSame(jwt, CONTROL)).toBe(false);
  });
});
