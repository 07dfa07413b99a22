/** The NATS JWT of an agent: for its own key, for about a day. */
import { createHash } from 'node:crypto';
import { AgentCredential } from '@citrus/contracts';
import type { Clock } from '@citrus/kit-domain';
import { credentialLifeMs } from '../nats-credentials/credential-life.ts';
import { mintAgent } from '../nats-credentials/jwt.ts';
import type { AuthKeys } from '../nats-credentials/trust-directory.ts';
import type { Enrolled } from './enrolment.decider.ts';

export type MintCredential = (enrolled: Pick<Enrolled, 'agentId' | 'serverId' | 'keys'>) => Promise<AgentCredential>;

export const createCredentials = ({ publicKeys, agentSigners }: AuthKeys, natsUrls: readonly string[], clock: Clock): MintCredential => async ({ agentId, serverId, keys }) => {
  // NATS counts in seconds.
  const expiresAt = new Date(Math.floor((clock().getTime() + credentialLifeMs()) / 1000) * 1000);
  // Always the same of the signing keys for an agent: changing one of them then drops one part of the fleet.
  const signer = agentSigners[createHash('sha256').update(agentId).digest().readUInt16BE() % agentSigners.length];
  if (!signer) throw new Error('auth has no signing keys for agents');
  const natsJwt = await mintAgent({ agentId, nkey: keys.nkey, expiresAt }, publicKeys.accounts.AGENTS, signer);
  return AgentCredential.parse({ agentId, serverId, natsJwt, natsUrls: [...natsUrls], expiresAt: expiresAt.toISOString() });
};
