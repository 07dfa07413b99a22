import { expect, test } from 'vitest';
import { userDataOf } from '../../services/provisioning/src/server/user-data.ts';
import { readFirstBoot } from './first-boot.ts';

test('the hub and the token of a droplet are read from the script that provisioning writes', () => {
  const userData = userDataOf({ hubUrl: 'http://127.0.0.1:8080', installerDigest: 'sha256:abc', token: 'cet_once', tokenEndsAt: new Date(0) });
  expect(readFirstBoot(userData)).toEqual({ hubUrl: 'http://127.0.0.1:8080', token: 'cet_once' });
});

test('a script that installs no agent is nobody’s first boot', () => {
  expect(readFirstBoot('#!/bin/sh\necho hello\n')).toBeUndefined();
});
