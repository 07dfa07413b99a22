/**
 * How an agent gets its identity. Provisioning asks for a one-time token and puts it into the user data; the agent
 * posts it with its own public keys and a proof that it holds the private one; it gets a NATS JWT, never a secret.
 */
import { z } from 'zod';
import { AgentId, Instant, ProjectId, ServerId } from '../ids.ts';
import { defineRequest } from '../request.ts';
import { subjects } from '../subjects.ts';

/** Idempotent for the same server and attempt: the same token again. A new attempt makes the older token void. */
export const issueEnrolment = defineRequest({
  subject: subjects.internal('auth', 'enrolment-issue'),
  input: z.strictObject({ serverId: ServerId, projectId: ProjectId, agentId: AgentId, attempt: z.int().positive(), expiresAt: Instant }),
  reply: z.object({ token: z.string() }),
  access: { by: 'service', services: ['provisioning'] },
});

/** The agent's public keys: `nkey` is a NATS user key (`U…`), `boxKey` a raw X25519 public key in base64url. */
export const AgentKeys = z.strictObject({ nkey: z.string().regex(/^U[A-Z2-7]{55}$/), boxKey: z.string().regex(/^[A-Za-z0-9_-]{43}$/) });
export type AgentKeys = z.infer<typeof AgentKeys>;

/** What the agent signs with its nkey; the time makes an overheard proof useless soon (±120 s). */
export const enrolmentProof = (token: string, keys: AgentKeys, at: string): string => `citrus-enrol-v1\n${token}\n${keys.nkey}\n${keys.boxKey}\n${at}`;
export const renewalProof = (agentId: string, nkey: string, at: string): string => `citrus-renew-v1\n${agentId}\n${nkey}\n${at}`;

export const EnrolAgent = z.strictObject({ token: z.string().min(16).max(256), keys: AgentKeys, at: Instant, signature: z.string().regex(/^[A-Za-z0-9_-]{86}$/) });
export type EnrolAgent = z.infer<typeof EnrolAgent>;

export const RenewAgent = z.strictObject({ agentId: AgentId, nkey: AgentKeys.shape.nkey, at: Instant, signature: EnrolAgent.shape.signature });
export type RenewAgent = z.infer<typeof RenewAgent>;

/** A public Ed25519 key (raw, base64url) that commands are signed with, by its id. */
export const SigningKey = z.object({ keyId: z.string(), publicKey: z.string() });
export type SigningKey = z.infer<typeof SigningKey>;

export const AgentCredential = z.object({
  agentId: AgentId,
  serverId: ServerId,
  natsJwt: z.string(),
  natsUrls: z.array(z.string()),
  expiresAt: Instant,
});
export type AgentCredential = z.infer<typeof AgentCredential>;

/** What `POST /api/agents/enrol` and `/renew` answer: the hub adds the command keys of agent-mgmt. */
export const AgentWelcome = AgentCredential.extend({ signingKeys: z.array(SigningKey) });
export type AgentWelcome = z.infer<typeof AgentWelcome>;

const AddressOfCaller = { address: z.string().max(64) };

export const redeemEnrolment = defineRequest({
  subject: subjects.internal('auth', 'enrolment-redeem'),
  input: EnrolAgent.extend(AddressOfCaller),
  reply: AgentCredential,
  access: { by: 'service', services: ['hub'] },
});

export const renewAgentCredential = defineRequest({
  subject: subjects.internal('auth', 'agent-renew'),
  input: RenewAgent.extend(AddressOfCaller),
  reply: AgentCredential,
  access: { by: 'service', services: ['hub'] },
});

/** Facts of auth's log that other services act on (streams `enrolment-<serverId>`). */
export const AgentEnrolled = z.object({
  agentId: AgentId,
  serverId: ServerId,
  projectId: ProjectId,
  attempt: z.int().positive(),
  keys: z.object(AgentKeys.shape),
});
export type AgentEnrolled = z.infer<typeof AgentEnrolled>;
