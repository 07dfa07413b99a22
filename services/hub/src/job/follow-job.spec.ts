import type { Job, JobStatus, LogEntry } from '@citrus/contracts';
import { Unavailable } from '@citrus/kit-domain';
import { describe, expect, test } from 'vitest';
import type { SseMessage } from '../live/sse.ts';
import { followJob, hasSeenTheEnd } from './follow-job.ts';

const entry = (cursor: number, progress: LogEntry['progress'] = null): LogEntry => ({ cursor, attempt: 1, seq: cursor, at: '', text: progress ? '' : `${cursor}`, progress });
const job = (status: JobStatus) => ({ status, reason: status === 'failed' ? 'exit 2' : null, exitCode: status === 'failed' ? 2 : null, attempt: 1 }) as Job;

type Moment = { status: JobStatus; upTo: number; complete: boolean };

/** Each wait for a change is one moment later. */
const follow = async (entries: LogEntry[], moments: Moment[], { after = 0, failing = 0 } = {}) => {
  let [now, failures] = [0, failing];
  const moment = () => moments[Math.min(now, moments.length - 1)] as Moment;
  const reads = {
    job: async () => {
      if (failures > 0) throw ((failures -= 1), new Unavailable('away', { retryAfterMs: 1 }));
      return job(moment().status);
    },
    // Two at most, as a service that cuts its pages by size.
    log: async (from: number) => ({ entries: entries.filter(({ cursor }) => cursor > from && cursor <= moment().upTo).slice(0, 2), complete: moment().complete }),
  };
  const told: SseMessage[] = [];
  for await (const message of followJob({ reads, after, signal: new AbortController().signal, changed: async () => void (now += 1) })) told.push(message);
  return told;
};

describe('a job that is followed', () => {
  const entries = [entry(1), entry(2, { percent: 50, text: 'half' }), entry(3)];

  test('is told from queued to its end', async () => {
    const told = await follow(entries, [{ status: 'queued', upTo: 0, complete: false }, { status: 'running', upTo: 2, complete: false }, { status: 'failed', upTo: 3, complete: true }]);
    expect(told).toEqual([
      { data: { status: 'queued' } },
      { data: { status: 'running' } },
      { id: '1', data: { status: 'running', output: '1', at: '' } },
      { id: '2', data: { status: 'running', progress: 50, message: 'half' } },
      { id: '3', data: { status: 'running', output: '3', at: '' } },
      { id: '4', data: { status: 'failed', message: 'exit 2', exitCode: 2, attempt: 1 } },
    ]);
  });

  test('does not say that it ended before all its output was told', async () => {
    const told = await follow(entries, [{ status: 'succeeded', upTo: 1, complete: false }, { status: 'succeeded', upTo: 3, complete: true }]);
    expect(told.map(({ id, data }) => [id, (data as { status: string }).status])).toEqual([['1', 'running'], ['2', 'running'], ['3', 'running'], ['4', 'succeeded']]);
  });

  test('goes on after the cursor that the reader has', async () => {
    const told = await follow(entries, [{ status: 'succeeded', upTo: 3, complete: true }], { after: 2 });
    expect(told.map(({ id }) => id)).toEqual(['3', '4']);
  });

  test('waits for a service that is away for a moment', async () => {
    const told = await follow(entries, [{ status: 'succeeded', upTo: 3, complete: true }], { failing: 2 });
    expect(told).toHaveLength(4);
  });

  test('is over for a reader who has its last number', async () => {
    const reads = { job: async () => job('succeeded'), log: async (from: number) => ({ entries: entries.filter(({ cursor }) => cursor > from), complete: true }) };
    expect(await hasSeenTheEnd(job('succeeded'), 4, reads)).toBe(true);
    expect(await hasSeenTheEnd(job('succeeded'), 3, reads)).toBe(false);
    expect(await hasSeenTheEnd(job('running'), 4, reads)).toBe(false);
  });
});
