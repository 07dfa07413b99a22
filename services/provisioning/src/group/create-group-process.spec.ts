import type { ServerId } from '@citrus/contracts';
import { expect, test } from 'vitest';
import { createGroupProcess } from './create-group-process.ts';
import type { Reading } from './group.commands.ts';

type Parts = Parameters<typeof createGroupProcess>[0];
const serverId = '01980000-0000-7000-8000-000000000001' as ServerId;
const active: Reading = { status: 'active', note: null, isProtected: false, isCordoned: false };

test('a group looks at its servers when everything is shown that the log has', async () => {
  let shown = 0;
  const parts: Pick<Parts, 'store' | 'projections' | 'queries'> = {
    store: { head: async () => 7, load: async () => ({ events: [], version: 0 }) },
    projections: { reached: async (position) => void (shown = position) },
    queries: { readingsOf: async () => new Map(shown >= 7 ? [[serverId, active]] : []) },
  };
  expect(await createGroupProcess({ ...parts, lookMs: 1, now: () => new Date(0) } as Parts).readingsOf([serverId])).toEqual(new Map([[serverId, active]]));
});
