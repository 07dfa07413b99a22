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

test('an agent on a restored disk finds its token by the first line and the line that writes it', () => {
  const token = `0198c2a0-0000-7000-8000-000000000002.${'A'.repeat(43)}`;
  // The agent looks for exactly these: agent/src/armed-token.ts.
  expect(userDataOf({ ...firstBoot, token })).toMatch(/^#!\/bin\/sh\n# Written by Citrus\.[^]*^printf '%s\\n' '[A-Za-z0-9_.-]{16,256}' >/m);
});

test('user data that no cloud would take is not made', () => {
  expect(() => userDataOf({ ...firstBoot, token: 'x'.repeat(LONGEST_USER_DATA_BYTES) })).toThrow(RangeError);
});
