import { canonicalJson, type EventEnvelope } from '@citrus/contracts';
import { describe, expect, test } from 'vitest';
import { detailsOf } from './job-details.ts';

const MANIFEST = `id: web
name: Web
version: 1.0.0
description: A web server
category: web
author: Citrus
inputs:
  - { id: port, type: port, label: Port, default: 80 }
  - { id: admin_password, type: password, label: Password }
  - { id: page, type: string, label: Page }
`;
const base64 = (text: string) => Buffer.from(text).toString('base64');
const bundle = canonicalJson({ files: [{ path: 'install.sh', mode: 493, base64: base64('#!/bin/bash\necho "<b>$PORT</b>"\n') }, { path: 'manifest.yml', mode: 420, base64: base64(MANIFEST) }] });
const at = (second: number) => new Date(second * 1000).toISOString();
const about = { jobId: 'job', serverId: 'server' };
const events = [
  { type: 'JobQueued', data: { ...about, installer: 'web', installerVersion: '1.0.0', installerDigest: 'sha256:0', action: 'install', inputs: { port: 80 }, sealedInputs: 'sealed', timeoutSeconds: 600, at: at(0) }, correlationId: 'c-1' },
  { type: 'JobDispatched', data: { ...about, attempt: 1, commandId: 'one', at: at(1) } },
  { type: 'JobStarted', data: { ...about, attempt: 1, at: at(2) } },
  { type: 'JobAttemptFailed', data: { ...about, attempt: 1, outcome: 'lost', exitCode: null, reason: 'not heard', retryAt: at(9), at: at(5) } },
  { type: 'JobDispatched', data: { ...about, attempt: 2, commandId: 'two', at: at(9) } },
  { type: 'JobFinished', data: { ...about, attempt: 2, status: 'failed', exitCode: 137, reason: 'the script ended with exit code 137', at: at(12) } },
] as unknown as EventEnvelope[];

describe('what is told of how a job ran', () => {
  test('the script of its own bundle, and each attempt with its command, times, signal and reason', () => {
    const details = detailsOf({ events, bundle, sealed: {} });
    expect(details?.script).toMatchObject({ path: 'install.sh', text: '#!/bin/bash\necho "<b>$PORT</b>"\n', isWhole: true });
    expect(details?.files.map(({ path, bytes }) => [path, bytes])).toEqual([['install.sh', 32], ['manifest.yml', MANIFEST.length]]);
    expect(details?.attempts).toEqual([
      { attempt: 1, commandId: 'one', dispatchedAt: at(1), startedAt: at(2), endedAt: at(5), outcome: 'lost', exitCode: null, signal: null, reason: 'not heard', retryAt: at(9) },
      { attempt: 2, commandId: 'two', dispatchedAt: at(9), startedAt: null, endedAt: at(12), outcome: 'failed', exitCode: 137, signal: 'SIGKILL', reason: 'the script ended with exit code 137', retryAt: null },
    ]);
    expect(details?.correlationId).toBe('c-1');
  });

  test('a secret by its name only; what was sealed for its length, as it was', () => {
    const given = detailsOf({ events, bundle, sealed: { admin_password: 'hunter22', page: 'long' } })?.variables;
    expect(given).toEqual(expect.arrayContaining([{ name: 'PORT', value: '80', by: 'input' }, { name: 'ADMIN_PASSWORD', value: null, by: 'secret' }, { name: 'PAGE', value: 'long', by: 'input' }, { name: 'HOME', value: null, by: 'agent' }]));
    expect(JSON.stringify(given)).not.toContain('hunter22');
    expect(detailsOf({ events, bundle, sealed: undefined })?.variables).toContainEqual({ name: 'ADMIN_PASSWORD', value: null, by: 'secret' });
  });

  test('everything sealed is a secret when the installer is not kept any more', () => {
    const details = detailsOf({ events, bundle: undefined, sealed: { admin_password: 'hunter22', page: 'long' } });
    expect([details?.script, details?.files]).toEqual([null, []]);
    expect(details?.variables.filter(({ by }) => by === 'secret').map(({ name, value }) => [name, value])).toEqual([['ADMIN_PASSWORD', null], ['PAGE', null]]);
  });

  test('nothing of a stream that is none', () => expect(detailsOf({ events: events.slice(1), bundle, sealed: {} })).toBeUndefined());
});
