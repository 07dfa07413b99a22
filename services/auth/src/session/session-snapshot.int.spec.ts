import { refreshSession, type TokenPair } from '@citrus/contracts';
import { Client } from 'pg';
import { describe, expect } from 'vitest';
import { test } from '../auth-service.fixture.ts';

const REFRESHES = 110;

describe('a session of a browser that stays open', () => {
  test('is loaded from a snapshot, and still knows a token that was used before it', async ({ auth }) => {
    const hub = await auth.as('hub');
    const refresh = (refreshToken: string) => hub.call(refreshSession, { refreshToken, address: '203.0.113.7' });
    const first = (await auth.login()) as TokenPair;
    let { refreshToken } = first;
    for (let n = 1; n <= REFRESHES; n += 1) ({ refreshToken } = await refresh(refreshToken));
    const client = new Client({ connectionString: auth.database.superuserUrl });
    await client.connect();
    const { rows } = await client.query(`select decider, version::int, json_array_length(state -> 'usedHashes') as used from snapshots where stream_id like 'session-%'`);
    await client.end();
    expect(rows).toEqual([{ decider: 'session', version: 100, used: 99 }]);
    await expect(refresh(first.refreshToken)).rejects.toMatchObject({ code: 'session.ended' });
    await expect(refresh(refreshToken)).rejects.toMatchObject({ code: 'session.ended' });
  });
});
