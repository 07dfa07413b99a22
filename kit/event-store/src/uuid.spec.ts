import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { newId, uuidFrom } from './uuid.ts';

describe('an id', () => {
  test('made from texts is the same for the same texts, for ever', () => {
    expect(uuidFrom('feed:agents', 'x')).toBe(uuidFrom('feed:agents', 'x'));
    expect(uuidFrom('feed:agents', 'x')).not.toBe(uuidFrom('feed:agents', 'y'));
    expect(uuidFrom('feed:agents', 'x')).not.toBe(uuidFrom('feed:servers', 'x'));
    expect(z.uuid({ version: 'v5' }).parse(uuidFrom('feed:agents', 'x'))).toBe('7ea77102-b348-5525-b96a-25e298aba207');
  });

  test('that is new sorts by time', async () => {
    const first = newId();
    await expect.poll(() => newId().slice(0, 13) > first.slice(0, 13)).toBe(true);
    expect(z.uuid({ version: 'v7' }).safeParse(first).success).toBe(true);
  });
});
