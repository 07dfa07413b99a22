import { Digest, InstallerId, JobId } from '@citrus/contracts';
import { projectionSpec, type ToldEvent } from '@citrus/kit-testing';
import { describe, expect, test } from 'vitest';
import { foldInto, type Rows } from '@citrus/kit-event-store';
import { at, job, projectId, serverId } from '../job/job.samples.ts';
import type { QueuedJob } from '../job/job.events.ts';
import { appsProjection, type FoldedApp } from './app.projection.ts';

const { given } = projectionSpec(appsProjection);
const id = (last: number) => JobId.parse(`0198c2a0-0000-7000-8000-${String(last).padStart(12, '0')}`);
const digest = Digest.parse(`sha256:${'b'.repeat(64)}`);
const queued = (last: number, action: QueuedJob['action'], more: Partial<QueuedJob> = {}): ToldEvent => ({ type: 'JobQueued', data: { ...job, jobId: id(last), action, at: at(last), ...more } });
const finished = (last: number, action: QueuedJob['action'], more: object = {}): ToldEvent =>
  ({ type: 'JobFinished', data: { jobId: id(last), serverId, projectId, installer: InstallerId.parse('nginx'), action, attempt: 1, status: 'succeeded', exitCode: 0, reason: '', startedAt: at(last), at: at(last + 1), ...more } });
const did = (last: number, action: QueuedJob['action'], more: object = {}, with_: Partial<QueuedJob> = {}): ToldEvent[] => [queued(last, action, with_), finished(last, action, more)];
const failed = { status: 'failed', exitCode: 3, reason: 'the script ended with exit code 3' };

/** The row after these events. */
const rowOf = (...events: ToldEvent[]): FoldedApp | undefined => {
  const rows: Rows = new Map();
  events.forEach((event, index) => foldInto(appsProjection, rows, { ...event, id: String(index), at: at(100 + index), position: index + 1, stream: 'job-x', version: 1 } as never));
  return [...rows.values()][0] as FoldedApp | undefined;
};

describe('the row of an app', () => {
  test('is there from the first job on, and says what was installed with which answers', () =>
    given(...did(1, 'install')).then({
      server_id: serverId, installer: 'nginx', project_id: projectId, state: 'installed', settled: 'installed', reason: null, version: '1.0.0', inputs: { port: 80 }, proposal: { port: 80 },
      health: 'unknown', health_since: at(2), health_reason: null, checked_at: null, told_health: 'unknown', open_jobs: {}, last_job: { id: id(1), action: 'install', status: 'succeeded', at: at(2) },
      backups: [], change: null, created_at: at(1), updated_at: '2026-11-21T10:00:02.000Z',
    }));

  test('follows what is done with it', () => {
    expect(rowOf(queued(1, 'install'))).toMatchObject({ state: 'changing', version: null });
    expect(rowOf(...did(1, 'install', { ...failed, attempt: 0, status: 'expired' })), 'an installation that never began').toBeUndefined();
    expect(rowOf(...did(1, 'install', failed))).toMatchObject({ state: 'failed', reason: failed.reason });
    expect(rowOf(...did(1, 'install'), ...did(3, 'upgrade', {}, { installerVersion: '2.0.0', inputs: {} }))).toMatchObject({ state: 'installed', version: '2.0.0', inputs: { port: 80 } });
    expect(rowOf(...did(1, 'install'), ...did(3, 'upgrade', failed))).toMatchObject({ state: 'failed', version: '1.0.0' });
    expect(rowOf(...did(1, 'install'), ...did(3, 'upgrade', { status: 'cancelled', attempt: 0 })), 'never begun').toMatchObject({ state: 'installed', version: '1.0.0' });
    expect(rowOf(...did(1, 'install'), ...did(3, 'uninstall'))).toMatchObject({ state: 'removed' });
    expect(rowOf(...did(1, 'health')), 'nothing was ever installed').toBeUndefined();
  });

  test('proposes the answers of the last attempt, however it ended', () => {
    const tried = (last: number, action: QueuedJob['action'], port: number, more: object = {}) => did(last, action, more, { inputs: { port } });
    expect(rowOf(...tried(1, 'install', 80, failed))).toMatchObject({ state: 'failed', inputs: {}, proposal: { port: 80 } });
    expect(rowOf(...tried(1, 'install', 80, failed), ...tried(3, 'install', 81))).toMatchObject({ state: 'installed', inputs: { port: 81 }, proposal: { port: 81 } });
    expect(rowOf(...tried(1, 'install', 80), ...tried(3, 'reconfigure', 99, failed))).toMatchObject({ inputs: { port: 80 }, proposal: { port: 99 } });
    expect(rowOf(...tried(1, 'install', 80), ...did(3, 'reconfigure', failed, { inputs: { title: 'x' } })), 'with what it has').toMatchObject({ proposal: { port: 80, title: 'x' } });
    expect(rowOf(...tried(1, 'install', 80), ...tried(3, 'health', 7), ...tried(5, 'uninstall', 8)), 'only attempts that ask').toMatchObject({ state: 'removed', proposal: { port: 80 } });
    const before = did(3, 'backup', { backup: { id: id(3), digest, bytes: 9 } });
    expect(rowOf(...tried(1, 'install', 80), ...before, ...tried(5, 'upgrade', 81), ...did(7, 'restore', {}, { backup: { id: id(3), digest, bytes: 9, check: false } })), 'what it went back to').toMatchObject({ inputs: { port: 80 }, proposal: { port: 80 } });
  });

  test('knows since when it is healthy, and only from answers', () => {
    const checks = [...did(1, 'install'), ...did(3, 'health'), ...did(5, 'health')];
    expect(rowOf(...checks)).toMatchObject({ state: 'installed', health: 'healthy', health_since: at(4), checked_at: at(6) });
    expect(rowOf(...checks, ...did(7, 'health', failed), ...did(9, 'health', { status: 'expired', exitCode: null }))).toMatchObject({ health: 'unhealthy', health_since: at(8), health_reason: failed.reason, checked_at: at(8) });
    expect(rowOf(...checks, ...did(7, 'upgrade')), 'another version has to answer for itself').toMatchObject({ health: 'unknown', health_since: at(8) });
  });

  test('keeps the newest five backups, and goes back to what one of them holds', () => {
    const backUp = (last: number) => did(last, 'backup', { backup: { id: id(last), digest, bytes: 9 } });
    const many = [3, 5, 7, 9, 11, 13].flatMap(backUp);
    expect(rowOf(...did(1, 'install'), ...many)?.backups.map((backup) => backup.id)).toEqual([id(13), id(11), id(9), id(7), id(5)]);
    const upgraded = [...did(1, 'install'), ...backUp(3), ...did(5, 'upgrade', {}, { installerVersion: '2.0.0', inputs: { port: 81 } })];
    const restore = (check: boolean) => ({ backup: { id: id(3), digest, bytes: 9, check } });
    expect(rowOf(...upgraded, ...did(7, 'restore', {}, restore(true))), 'only looked at').toMatchObject({ version: '2.0.0', inputs: { port: 81 } });
    expect(rowOf(...upgraded, ...did(7, 'restore', {}, restore(false)))).toMatchObject({ state: 'installed', version: '1.0.0', inputs: { port: 80 } });
  });
});
