/** The NATS JWT of an agent: for its own key, for about a day. */
import { createHash } from 'node:crypto';
import { AgentCredential } from '@citrus/contracts';
import type { Clock } from '@citrus/kit-domain';
import { mintAgent } from '../nats-credentials/jwt.ts';
import type { AuthKeys } from '../nats-credentials/trust-directory.ts';
import type { Enrolled } from './enrolment.decider.ts';

const LIFETIME_MS = 24 * 3_600_000;
/** So that a fleet that enrolled together does not renew together. */
const SPREAD = 0.2;

export type MintCredential = (enrolled: Pick<Enrolled, 'agentId' | 'serverId' | 'keys'>) => Promise<AgentCredential>;

export const createCredentials = ({ publicKeys, agentSigners }: AuthKeys, natsUrls: readonly string[], clock: Clock): MintCredential => async ({ agentId, serverId, keys }) => {
  const lifetimeMs = LIFETIME_MS * (1 - SPREAD + 2 * SPREAD * Math.random());
  // NATS counts in seconds.
  const expiresAt = new Date(Math.floor((clock().getTime() + lifetimeMs) / 1000) * 1000);
  // Always the same of the signing keys for an agent: changing one of them then drops one part of the fleet.
  const signer = agentSigners[createHash('sha256').update(agentId).digest().readUInt16BE() % agentSigners.length];
  if (!signer) throw new Error('auth has no signing keys for agents');
  const natsJwt = await mintAgent({ agentId, nkey: keys.nkey, expiresAt }, publicKeys.accounts.AGENTS, signer);
  return AgentCredential.parse({ agentId, serverId, natsJwt, natsUrls: [...natsUrls], expiresAt: expiresAt.toISOString() });
};
