/**
 * Which access tokens are refused although their signature is good: those of a session or API token that ended, and those
 * whose roles were read before a change of them. Kept for as long as such a token could live, and no longer.
 */
import type { Revocations } from '@citrus/contracts';

/** Longer than any access token lives: five minutes, and clocks that differ. */
const KEPT_MS = 15 * 60_000;

/** What an access token is looked up by. */
export type Bearer = { readonly credentialId: string; readonly userId: string; readonly position: number };
export type RevokedAs = 'ended' | 'outdated';

type Ended = { readonly heardAt: number };
type Outdated = { readonly position: number; readonly heardAt: number };

export class RevocationList {
  readonly #ended = new Map<string, Ended>();
  readonly #outdated = new Map<string, Outdated>();

  /** May come twice and in any order. */
  learn({ ended, outdated }: Pick<Revocations, 'ended' | 'outdated'>, heardAt: number): void {
    for (const { credentialId } of ended) this.#ended.set(credentialId, { heardAt });
    for (const { userId, position } of outdated) this.#outdated.set(userId, { position: Math.max(position, this.#outdated.get(userId)?.position ?? 0), heardAt });
    for (const [id, one] of this.#ended) if (heardAt - one.heardAt > KEPT_MS) this.#ended.delete(id);
    for (const [id, one] of this.#outdated) if (heardAt - one.heardAt > KEPT_MS) this.#outdated.delete(id);
  }

  /** Undefined for a token that is good as far as is known. */
  verdictOn({ credentialId, userId, position }: Bearer): RevokedAs | undefined {
    if (this.#ended.has(credentialId)) return 'ended';
    return position < (this.#outdated.get(userId)?.position ?? 0) ? 'outdated' : undefined;
  }
}
