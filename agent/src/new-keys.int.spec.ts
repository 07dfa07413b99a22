import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from '@citrus/kit-testing';
import { expect } from 'vitest';
import { TOKEN } from './testing/control-plane.ts';
import { test } from './testing/fixtures.ts';

test('an agent whose key was revoked makes new keys when it is armed again, and gets in with them after a new start', { timeout: 60_000 }, async ({ plane, agent }) => {
  const old = plane.told.enrolments[0]?.keys;
  const keysFile = join(agent.config.stateDir, 'keys', 'agent-keys.json');
  const oldText = await readFile(keysFile, 'utf8');
  await agent.terminate();
  Object.assign(plane.faults, { token: 'the-token-of-the-next-attempt', ...(old && { revokedKey: old.nkey }) });
  await writeFile(agent.config.tokenFile, 'the-token-of-the-next-attempt');
  const hellos = plane.told.hellos.length;

  agent.start();
  // Everything that is under way began with the old keys, so it ends; systemd starts it again.
  expect(await agent.ended()).not.toBe(0);
  expect(plane.told.enrolments.at(-1)?.keys).toEqual(old);
  expect(await readFile(keysFile, 'utf8')).not.toBe(oldText);
  expect((await stat(keysFile)).mode & 0o077).toBe(0);

  agent.start();
  await eventually(() => expect(plane.told.hellos.length).toBeGreaterThan(hellos), { timeoutMs: 20_000 });
  const next = plane.told.enrolments.at(-1)?.keys;
  expect(next?.nkey).not.toBe(old?.nkey);
  expect(next?.boxKey).not.toBe(old?.boxKey);
});

test('an agent on a disk that was restored finds its token in the user data, and gets in again with new keys', { timeout: 60_000 }, async ({ plane, agent }) => {
  const old = plane.told.enrolments[0]?.keys;
  const identityFile = join(agent.config.stateDir, 'keys', 'identity.json');
  await agent.terminate();
  const userData = `#!/bin/sh\n# Written by Citrus. The token below opens one enrolment.\nprintf '%s\\n' '${TOKEN}' >"$CITRUS_ENROLMENT_TOKEN_FILE"\n`;
  Object.assign(plane.faults, { userData, ...(old && { revokedKey: old.nkey, supersededKey: old.nkey }) });
  await writeFile(join(agent.folder, 'config.json'), JSON.stringify({ ...agent.config, userDataUrls: [`${plane.hubUrl}/nowhere`, `${plane.hubUrl}/metadata/v1/user-data`] }));
  // The disk is of another time.
  await writeFile(identityFile, JSON.stringify({ ...JSON.parse(await readFile(identityFile, 'utf8')), receivedAt: '2026-01-01T00:00:00.000Z' }));

  // As systemd does: it finds the token, it needs new keys, it gets in. Until the hub refuses its old ones it may still say hello.
  agent.start();
  expect(await agent.ended()).not.toBe(0);
  expect(await readFile(agent.config.tokenFile, 'utf8')).toBe(`${TOKEN}\n`);
  agent.start();
  expect(await agent.ended()).not.toBe(0);
  const hellos = plane.told.hellos.length;
  agent.start();
  await eventually(() => expect(plane.told.hellos.length).toBeGreaterThan(hellos), { timeoutMs: 30_000 });
  expect(plane.told.enrolments.at(-1)?.keys.nkey).not.toBe(old?.nkey);
});
