/** Another master key for auth, from the first line in the file to the day when the old key is gone. */
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { KEYS_READ_AGAIN_MS, openMasterKeys, sealWithKey } from '@citrus/kit-crypto';
import { keyringSeals, newId, reseal } from '@citrus/kit-event-store';
import { eventually } from '@citrus/kit-testing';
import { describe, expect } from 'vitest';
import { authSeals } from './reseal.ts';
import { places, subjectOf } from './subject/personal-text.ts';
import { createPasswords } from './user/password.ts';
import { ADA, test } from './user/people.fixture.ts';

const BOB = { ...ADA, email: 'bob@example.org', name: 'Bob' };

describe('another master key', () => {
  test('T845. takes over while people sign in, and then the old one is needed for nothing', async ({ people }) => {
    const { auth, keys, store, masterKeys } = people;
    const file = auth.env['CITRUS_MASTER_KEY_FILE'] ?? '';
    const old = readFileSync(file, 'utf8').trim();
    await people.add();
    // As an older release wrote it: the hash sealed with the master key, and then with the person's.
    const bob = await people.add('viewer', BOB);
    const kept = sealWithKey(masterKeys, await createPasswords(masterKeys).seal(bob, BOB.password), `user-${bob}`);
    const password = { sealed: await keys.seal(subjectOf(bob), kept, places.password(bob)) };
    await store.append({ stream: subjectOf(bob), expected: 'any', events: [{ type: 'PasswordChanged', data: { userId: bob, password } }], context: { commandId: newId(), actor: { kind: 'service', id: 'auth' }, correlationId: 'c-1' } });
    await people.login(BOB);

    const next = randomBytes(32).toString('base64');
    writeFileSync(file, `${next}\n${old}\n`);
    await delay(KEYS_READ_AGAIN_MS);
    await people.login(ADA);
    await auth.start();
    await eventually(async () => expect((await store.load(subjectOf(bob))).events.at(-1)?.type).toBe('PasswordResealed'));
    const now = openMasterKeys(file);
    const done = [
      ...(await reseal({ name: 'auth', databaseUrl: auth.database.serviceUrl, columns: authSeals }, now)),
      ...(await reseal({ name: 'keyring', databaseUrl: auth.keyring.serviceUrl, columns: keyringSeals }, now)),
    ];
    expect(done.flatMap(({ broken }) => broken)).toEqual([]);
    expect(Object.fromEntries(done.map(({ place, resealed }) => [place, resealed]))).toMatchObject({ 'keyring: keyring_secrets': 1 });
    await people.login(BOB);

    writeFileSync(file, next);
    await delay(KEYS_READ_AGAIN_MS);
    await auth.start();
    for (const person of [ADA, BOB]) await people.login(person);
  });
});
