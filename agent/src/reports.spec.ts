import { AgentId, JobId } from '@citrus/contracts';
import { eventually } from '@citrus/kit-testing';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { RequestPostponed, RequestRefused, type Connection } from './connection.ts';
import { openJournal } from './journal.ts';
import { createReports } from './reports.ts';

const agentId = AgentId.parse('agent-00000001');
const at = '2026-11-21T10:00:00.000Z';
const jobs = ['0198c0de-0000-7000-8000-000000000001', '0198c0de-0000-7000-8000-000000000002'].map((id) => JobId.parse(id));
const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };

const setUp = (answer: (jobId: string, kind: string) => void) => {
  const journal = openJournal(join(mkdtempSync(join(tmpdir(), 'citrus-reports-')), 'journal.jsonl'));
  const told: string[] = [];
  const reports = createReports({ journal, agentId, log: quiet });
  const connection = {
    ask: async (subject: string, body: unknown) => {
      const { jobId } = body as { jobId: string };
      const kind = subject.split('.').at(-1) ?? '';
      answer(jobId, kind);
      told.push(`${kind} ${jobId.slice(-1)}`);
      return {};
    },
  } as unknown as Pick<Connection, 'ask'>;
  const end = (jobId: JobId) => {
    journal.append({ type: 'ended', jobId, attempt: 1, ending: { agentId, jobId, attempt: 1, outcome: 'succeeded', exitCode: 0, logChunks: 0, logDigest: '', at } });
    reports.finished({ jobId, attempt: 1 });
  };
  const stop = new AbortController();
  return { journal, told, reports, end, stop, start: () => void reports.run(connection, stop.signal) };
};

describe('reports', () => {
  test('tell that a job started before they tell that it ended', async () => {
    const { told, reports, end, start, stop } = setUp(() => undefined);
    for (const jobId of jobs) reports.started({ agentId, jobId, attempt: 1, at });
    for (const jobId of jobs) end(jobId);
    start();
    await eventually(() => told.length === 4);
    expect(told).toEqual(['job-started 1', 'job-started 2', 'job-finished 1', 'job-finished 2']);
    stop.abort();
  });

  test('of one job that cannot be taken hold up no other, and are told later', async () => {
    let isBroken = true;
    const { told, end, reports, start, stop } = setUp((jobId) => {
      if (isBroken && jobId === jobs[0]) throw new RequestPostponed('not now');
    });
    for (const jobId of jobs) end(jobId);
    start();
    await eventually(() => told.includes('job-finished 2'));
    isBroken = false;
    reports.wake();
    await eventually(() => told.includes('job-finished 1'));
    stop.abort();
  });

  test('that are refused for good are not told again', async () => {
    const { journal, end, start, stop } = setUp(() => {
      throw new RequestRefused('never');
    });
    end(jobs[0]!);
    start();
    await eventually(() => journal.find(jobs[0]!, 1)?.isTold === true);
    stop.abort();
  });
});
