/**
 * One key, several live connections: a disk was copied or a key stolen. A connection that the broker only believes in
 * (its machine vanished, its other end is still open) is none: whoever has lost one says nothing on it any more. So it is
 * the older one that tells: it said something well after a younger one began, which another one holds. The younger one may
 * be gone by then: whoever comes back every few seconds is one too. An agent beats every ten seconds, so a living one is heard.
 */
import type { AgentId } from '@citrus/contracts';

/** A connection that began. */
export type Begun = { readonly agentId: AgentId; readonly nkey: string; readonly session: string; readonly address: string; readonly startedAt: string };
/** One that is there. */
export type Standing = Begun & { readonly lastActivityAt: string };
export type Clone = { readonly agentId: AgentId; readonly nkey: string; readonly sessions: { readonly address: string; readonly since: string }[] };

const WELL_AFTER_MS = 12_000;
const MOST_SESSIONS = 16;
/** So that who begins a thousand a second does not push out those that are long enough ago to tell something. */
const REMEMBERED_EVERY_MS = 5000;
const REMEMBERED_MS = 10 * 60_000;

const startOf = ({ startedAt }: Begun): number => Date.parse(startedAt);

/** @param begun those that began lately, whether they are still there or not */
export const clonesAmong = (connections: readonly Standing[], begun: readonly Begun[] = []): Clone[] => {
  const byKey = Map.groupBy(new Map([...begun, ...connections].map((one) => [one.session, one])).values(), ({ nkey }) => nkey);
  return [...byKey.values()].flatMap((all) => {
    const inOrder = all.toSorted((one, other) => startOf(one) - startOf(other));
    const isOutlived = (one: Begun, by: Begun) => 'lastActivityAt' in by && startOf(by) < startOf(one) && Date.parse(String(by.lastActivityAt)) - startOf(one) >= WELL_AFTER_MS;
    const parties = inOrder.filter((one) => inOrder.some((other) => isOutlived(one, other) || isOutlived(other, one)));
    const [first] = parties;
    return first ? [{ agentId: first.agentId, nkey: first.nkey, sessions: parties.slice(0, MOST_SESSIONS).map(({ address, startedAt }) => ({ address, since: startedAt })) }] : [];
  });
};

/** What began lately, a few of each key. */
export class RecentConnections {
  readonly #ofKey = new Map<string, Begun[]>();

  learn(begun: readonly Begun[]): void {
    for (const one of begun) {
      const known = this.#ofKey.get(one.nkey) ?? [];
      const isFarEnough = known.every((other) => Math.abs(startOf(other) - startOf(one)) >= REMEMBERED_EVERY_MS);
      if (isFarEnough) this.#ofKey.set(one.nkey, [...known, one].slice(-MOST_SESSIONS));
    }
  }

  /** Those that began too long ago are forgotten. */
  since(at: Date): Begun[] {
    for (const [nkey, known] of this.#ofKey) {
      const left = known.filter((one) => startOf(one) >= at.getTime() - REMEMBERED_MS);
      if (left.length > 0) this.#ofKey.set(nkey, left);
      else this.#ofKey.delete(nkey);
    }
    return [...this.#ofKey.values()].flat();
  }
}
