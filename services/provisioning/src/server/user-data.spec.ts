import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { LONGEST_USER_DATA_BYTES, userDataOf } from './user-data.ts';

const firstBoot = { hubUrl: 'https://hub.example/', installerDigest: `sha256:${'a'.repeat(64)}`, token: "it's'a'token", tokenEndsAt: new Date('2026-11-21T09:00:00.000Z') };

test('the user data is a script that any shell understands, small, and with its values quoted', () => {
  const script = userDataOf(firstBoot);
  for (const shell of ['sh', 'bash']) execFileSync(shell, ['-n'], { input: script });
  expect(script.startsWith('#!/bin/sh\n# Written by Citrus.')).toBe(true);
  expect(Buffer.byteLength(script)).toBeLessThan(2048);
  const values = execFileSync('sh', [], { input: `${script.split('fetch()')[0]}\ncat "$CITRUS_ENROLMENT_TOKEN_FILE"; stat -c %a "$CITRUS_ENROLMENT_TOKEN_FILE"; echo "$CITRUS_HUB_URL"` });
  expect(values.toString().split('\n')).toEqual(["it's'a'token", '600', 'https://hub.example', '']);
});

test('user data that no cloud would take is not made', () => {
  expect(() => userDataOf({ ...firstBoot, token: 'x'.repeat(LONGEST_USER_DATA_BYTES) })).toThrow(RangeError);
});
