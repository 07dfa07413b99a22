/**
 * Whose connection is gone without a word. The broker lists connections in pages, and each one that ends meanwhile moves
 * the others up: one may be on no page that was asked for. So only who is missing twice in a row is gone.
 */
import type { PresenceRecord } from './presence-state.ts';

export type Looked = { readonly startedAt: Date; /** Those that answered; the others say nothing about their agents. */ readonly servers: ReadonlySet<string>; readonly sessions: ReadonlySet<string> };

const serverOf = (session: string): string => session.slice(0, session.lastIndexOf(':'));

export class Missing {
  #before: ReadonlySet<string> = new Set();

  /** Those of the believed ones that this look and the one before did not find. */
  twice(believed: readonly PresenceRecord[], { startedAt, servers, sessions }: Looked): PresenceRecord[] {
    const since = startedAt.toISOString();
    const missing = believed.filter(({ session, at, isConnected }) => isConnected && at < since && servers.has(serverOf(session)) && !sessions.has(session));
    const gone = missing.filter(({ session }) => this.#before.has(session));
    this.#before = new Set(missing.map(({ session }) => session));
    return gone;
  }
}
