/** Who is there, as pure functions: what the broker tells about connections, joined with the heartbeats. */
import { AgentId, Instant, offlineAfterMs } from '@citrus/contracts';
import { z } from 'zod';

/** On `presence.<agentId>`, the last one kept: the newest session of an agent and whether it stands. */
export const PresenceRecord = z.object({
  agentId: AgentId,
  /** NATS account of the agents; the subject to ask for connections has it in it. */
  account: z.string(),
  /** Server id and client id: unique for a connection. */
  session: z.string(),
  startedAt: z.string(),
  isConnected: z.boolean(),
  at: Instant,
});
export type PresenceRecord = z.infer<typeof PresenceRecord>;

export type Seen = { readonly beatAtMs?: number; /** When it said that it would beat again at the latest. */ readonly beatEveryMs?: number | undefined; readonly record?: PresenceRecord };

/** The newest session wins; a late word about an older one changes nothing. */
export const isNews = (known: PresenceRecord | undefined, told: PresenceRecord): boolean => {
  if (!known) return true;
  if (known.session === told.session) return known.isConnected !== told.isConnected;
  return told.isConnected && told.startedAt >= known.startedAt;
};

/** Online: heard within two and a half of its intervals, which is 25 seconds unless it was told to be slower, and not told since then that the connection is gone. */
export const presenceOf = ({ beatAtMs, beatEveryMs, record }: Seen, nowMs: number): { online: boolean; lastSeenAt: string | null } => {
  const recordAtMs = record ? Date.parse(record.at) : undefined;
  const lastSeenMs = Math.max(beatAtMs ?? 0, recordAtMs ?? 0);
  const isFresh = beatAtMs !== undefined && nowMs - beatAtMs < offlineAfterMs(beatEveryMs);
  const isGone = record !== undefined && !record.isConnected && recordAtMs !== undefined && recordAtMs >= (beatAtMs ?? 0);
  return { online: isFresh && !isGone, lastSeenAt: lastSeenMs > 0 ? new Date(lastSeenMs).toISOString() : null };
};
