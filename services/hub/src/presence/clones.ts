/**
 * One key, several live connections: a disk was copied or a key stolen. A connection that the broker only believes in
 * (its machine vanished, its other end is still open) is none: each must have said something well after the newest began.
 * An agent beats every ten seconds, so a living one has.
 */
import type { AgentId } from '@citrus/contracts';

export type Standing = { readonly agentId: AgentId; readonly nkey: string; readonly session: string; readonly address: string; readonly startedAt: string; readonly lastActivityAt: string };
export type Clone = { readonly agentId: AgentId; readonly nkey: string; readonly sessions: { readonly address: string; readonly since: string }[] };

const WELL_AFTER_MS = 12_000;
const MOST_SESSIONS = 16;

export const clonesAmong = (connections: readonly Standing[]): Clone[] => {
  const byKey = Map.groupBy(new Map(connections.map((one) => [one.session, one])).values(), ({ nkey }) => nkey);
  return [...byKey.values()].flatMap((all) => {
    const newestMs = Math.max(...all.map(({ startedAt }) => Date.parse(startedAt)));
    const alive = all.filter(({ lastActivityAt }) => Date.parse(lastActivityAt) - newestMs >= WELL_AFTER_MS);
    const [first] = alive;
    if (!first || alive.length < 2) return [];
    return [{ agentId: first.agentId, nkey: first.nkey, sessions: alive.slice(0, MOST_SESSIONS).map(({ address, startedAt }) => ({ address, since: startedAt })) }];
  });
};
