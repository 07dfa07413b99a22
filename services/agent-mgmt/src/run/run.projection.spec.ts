import { Digest, InstallerId, ProjectId, RunId, RunStrategy, ServerId } from '@citrus/contracts';
import { projectionSpec, type ToldEvent } from '@citrus/kit-testing';
import { describe, test } from 'vitest';
import { runsProjection } from './run.projection.ts';

const { given } = projectionSpec(runsProjection);
const at = '2026-11-21T10:00:00.000Z';
const runId = RunId.parse('0198c2a0-0000-7000-8000-00000000000a');
const [first, second] = [ServerId.parse('0198c2a0-0000-7000-8000-000000000001'), ServerId.parse('0198c2a0-0000-7000-8000-000000000002')];
const strategy = RunStrategy.parse({});
const created: ToldEvent = { type: 'RunCreated', data: {
  runId, projectId: ProjectId.parse('0198c2a0-0000-7000-8000-00000000000b'), installer: InstallerId.parse('nginx'), installerDigest: Digest.parse(`sha256:${'a'.repeat(64)}`), action: 'install',
  inputs: { port: 80 }, sealedInputs: 'sealed', priority: 'normal', filter: 'tag:web', serverIds: [first, second], strategy, at,
} };
const row = {
  run_id: runId, project_id: '0198c2a0-0000-7000-8000-00000000000b', installer: 'nginx', installer_digest: `sha256:${'a'.repeat(64)}`, action: 'install', inputs: { port: 80 }, filter: 'tag:web', strategy,
  server_ids: [first, second], begun: 0, refused: [], held: [], status: 'running', reason: null, retry_of: null, sample: null, schedule_id: null, created_at: at, finished_at: null, updated_at: '2026-11-21T10:00:01.000Z',
};
const refusal = { serverId: second, code: 'server.not_ready', reason: 'no agent' };

const waiting = { serverId: second, code: 'server.unknown', reason: 'Waiting to hear of it.', until: '2026-11-21T10:10:00.000Z' };
const longer = { ...waiting, code: 'server.not_ready', until: '2026-11-22T10:00:00.000Z' };

describe('the row of a run', () => {
  test('tells who waits, for the last thing that was told, until it is given up', () => {
    given(created, { type: 'RunServersHeld', data: { runId, servers: [waiting], at } }, { type: 'RunServersHeld', data: { runId, servers: [longer], at } }).then({ ...row, held: [longer], updated_at: '2026-11-21T10:00:03.000Z' });
    given(created, { type: 'RunServersHeld', data: { runId, servers: [waiting], at } }, { type: 'RunServersRefused', data: { runId, servers: [refusal], at } }).then({ ...row, refused: [refusal], updated_at: '2026-11-21T10:00:03.000Z' });
  });
  test('begins when it is created', () => given(created).then(row));
  test('tells how far it is, why it waits, and how it ended', () =>
    given(
      created, { type: 'RunAdvanced', data: { runId, upTo: 1, at } }, { type: 'RunPaused', data: { runId, reason: '1 server has failed', failed: 1, at } }, { type: 'RunResumed', data: { runId, failed: 1, at } },
      { type: 'RunAdvanced', data: { runId, upTo: 2, at } }, { type: 'RunServersRefused', data: { runId, servers: [refusal], at } }, { type: 'RunFinished', data: { runId, status: 'failed', started: 2, failed: 2, at } },
    ).then({ ...row, begun: 2, refused: [refusal], status: 'failed', finished_at: at, updated_at: '2026-11-21T10:00:07.000Z' }));
});
