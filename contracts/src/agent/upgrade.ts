/**
 * How an agent becomes another version of itself: which build is meant, the signed command, and how it ended. A build is
 * named by digests, so it does not matter who hands over the bytes.
 */
import { z } from 'zod';
import { AgentId, Digest, Instant, plainText } from '../ids.ts';
import { defineRequest } from '../request.ts';

/** A Node runtime, packed; `digest` is of the packed file. */
export const AgentRuntime = z.object({ version: plainText(64), digest: Digest });
/** `runtimes` by the name Node has for the architecture. An agent fetches its own only where it changes. */
export const AgentBuild = z.object({ version: plainText(64), agentDigest: Digest, runtimes: z.partialRecord(z.enum(['x64', 'arm64']), AgentRuntime) });
export type AgentBuild = z.infer<typeof AgentBuild>;

/** Become this build: fetch it, wait until no job runs, begin it, and go back to the present one if it does not work. */
export const AgentUpgrade = z.strictObject({
  type: z.literal('agent-upgrade'), commandId: z.uuid(), agentId: AgentId,
  /** The same in every command for the same wish; an agent does it at most once. */
  upgradeId: z.uuid(),
  build: z.strictObject({ version: plainText(64), agentDigest: Digest, runtimes: AgentBuild.shape.runtimes }),
  /** A build with a lower version is refused unless it is meant. */
  allowDowngrade: z.boolean(),
  /** The new program has this long to get its hello answered. */
  helloWithinSeconds: z.int().min(1).max(600),
  /** And must go on for this long afterwards, before it stays. */
  settleAfterSeconds: z.int().min(0).max(3600),
  /** An upgrade that has not begun by then does not begin. */
  deadline: Instant, notBefore: Instant, expiresAt: Instant,
});
export type AgentUpgrade = z.infer<typeof AgentUpgrade>;

/** `reverted`: the new program ran and the one before is back; `failed`: the new program was never begun. */
export const AgentUpgradeOutcome = z.enum(['upgraded', 'failed', 'reverted']);
export type AgentUpgradeOutcome = z.infer<typeof AgentUpgradeOutcome>;

export const reportUpgradeFinished = defineRequest({
  subject: 'agent.*.report.upgrade-finished',
  input: z.object({
    agentId: AgentId, sentAt: Instant, upgradeId: z.uuid(), outcome: AgentUpgradeOutcome,
    /** Absent when it was upgraded. */
    code: plainText(128).optional(), reason: plainText(1024).optional(),
    at: Instant,
  }),
  reply: z.object({}),
  access: { by: 'agent' },
});
