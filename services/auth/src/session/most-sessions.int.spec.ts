import { listSessions, type TokenPair } from '@citrus/contracts';
import { openDatabase, openPool } from '@citrus/kit-event-store';
import { eventually } from '@citrus/kit-testing';
import { decodeJwt } from 'jose';
import { describe, expect, onTestFinished } from 'vitest';
import type { AuthDatabase } from '../database.ts';
import { test } from '../user/people.fixture.ts';
import { createEndOldest } from './most-sessions.ts';

const sidOf = ({ accessToken }: TokenPair): string => String(decodeJwt(accessToken)['sid']);

describe('the most sessions of one person', () => {
  test('make room for a newer one, the one that was not used for longest first', async ({ people }) => {
    const pool = openPool({ databaseUrl: people.auth.database.serviceUrl });
    onTestFinished(() => pool.end());
    const userId = await people.add('viewer');
    const all: TokenPair[] = [];
    for (let n = 0; n < 4; n += 1) all.push(await people.signedIn());
    const admin = await people.admin();
    const [oldest, second, third, newest] = all as [TokenPair, TokenPair, TokenPair, TokenPair];
    const kept = await people.refresh(oldest.refreshToken);
    const listed = async () => (await people.hub.call(listSessions, { limit: 200, sort: '-createdAt' }, { token: newest.accessToken })).items.map(({ id }) => id).toSorted();
    await eventually(async () => expect(await listed()).toHaveLength(4));
    const endOldest = createEndOldest({ db: openDatabase<AuthDatabase>(pool), store: people.store, clock: () => new Date(), most: 2 });
    await eventually(async () => {
      await endOldest(userId, { correlationId: 'c-1' });
      expect(await listed()).toEqual([sidOf(oldest), sidOf(newest)].toSorted());
    });
    for (const { refreshToken } of [second, third]) await expect(people.refresh(refreshToken)).rejects.toEqual(expect.objectContaining({ code: 'session.ended' }));
    for (const { refreshToken } of [kept, admin]) await expect(people.refresh(refreshToken)).resolves.toHaveProperty('accessToken');
  });
});
