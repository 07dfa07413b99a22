/**
 * Which access tokens are no longer good although their time has not come: read from the log, where every end and every
 * change of roles stands, and told to the hub. Nothing is kept for it, so nothing can be forgotten (ADR 0018).
 */
import { REVOKING_EVENTS, type EventEnvelope, type Revocations } from '@citrus/contracts';
import type { Clock } from '@citrus/kit-domain';
import type { EventStore } from '@citrus/kit-event-store';
import { z } from 'zod';
import { userOf } from '../subject/personal-text.ts';
import { ACCESS_TOKEN_SECONDS } from './access-token.ts';

const TYPES = Object.keys(REVOKING_EVENTS);
const PAGE = 1000;
/** Longer than any access token lives, by any clock. */
const REMEMBERED_MS = 2 * ACCESS_TOKEN_SECONDS * 1000;

const uuidIn = (value: unknown): string | undefined => z.uuid().safeParse(value).data;

type Revoked = Pick<Revocations, 'ended' | 'outdated'>;

/** What one event means for access tokens. */
export const revokedBy = ({ type, data, position, at }: Pick<EventEnvelope, 'type' | 'data' | 'position' | 'at'>): Revoked => {
  const rule: { readonly ended?: string; readonly outdated?: string } = REVOKING_EVENTS[type as keyof typeof REVOKING_EVENTS] ?? {};
  const credentialId = rule.ended && uuidIn(data[rule.ended]);
  const named = rule.outdated && data[rule.outdated];
  const userId = uuidIn(rule.outdated === 'subjectId' && typeof named === 'string' ? userOf(named) : named);
  return { ended: credentialId ? [{ credentialId, at }] : [], outdated: userId ? [{ userId, position, at }] : [] };
};

export const createReadRevocations = ({ store, clock }: { readonly store: EventStore; readonly clock: Clock }) => async ({ after }: { readonly after: number }): Promise<Revocations> => {
  const since = await store.positionAt(new Date(clock().getTime() - REMEMBERED_MS).toISOString());
  const { events, head } = await store.read({ after: Math.max(after, since), limit: PAGE, types: TYPES });
  const revoked = events.map(revokedBy);
  return { position: events.at(-1)?.position ?? head, head, ended: revoked.flatMap(({ ended }) => ended), outdated: revoked.flatMap(({ outdated }) => outdated) };
};
export type ReadRevocations = ReturnType<typeof createReadRevocations>;
