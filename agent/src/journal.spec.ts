import { AgentId, JobId } from '@citrus/contracts';
import { appendFileSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openJournal, type Line } from './journal.ts';

const at = '2026-11-21T10:00:00.000Z';
const jobId = JobId.parse('0198c0de-0000-7000-8000-000000000001');
const other = JobId.parse('0198c0de-0000-7000-8000-000000000002');
const accepted = (id: JobId): Line => ({ type: 'accepted', jobId: id, attempt: 1, commandId: '0198c0de-0000-7000-8000-00000000000c', installerDigest: 'sha256:x', expiresAt: at, at });
const started = (id: JobId): Line => ({ type: 'started', jobId: id, attempt: 1, at });
const ended: Line = {
  type: 'ended', jobId, attempt: 1,
  ending: { agentId: AgentId.parse('agent-00000001'), jobId, attempt: 1, outcome: 'succeeded', exitCode: 0, logChunks: 1, logDigest: 'x', at },
};
const newFile = () => join(mkdtempSync(join(tmpdir(), 'citrus-journal-')), 'journal.jsonl');

describe('a journal that is opened again', () => {
  test('knows how far each attempt came', () => {
    const file = newFile();
    const journal = openJournal(file);
    for (const line of [accepted(jobId), started(jobId), ended, accepted(other), started(other)]) journal.append(line);
    const again = openJournal(file);
    expect(again.find(jobId, 1)).toMatchObject({ state: 'ended', isTold: false });
    expect(again.find(other, 1)).toMatchObject({ state: 'started' });
    expect(again.find(jobId, 2)).toBeUndefined();
  });

  test('has forgotten what was taken but not begun, so that it is taken again', () => {
    const file = newFile();
    openJournal(file).append(accepted(jobId));
    expect(openJournal(file).find(jobId, 1)).toBeUndefined();
  });

  test('ignores a line that was cut off by a power failure', () => {
    const file = newFile();
    const journal = openJournal(file);
    for (const line of [accepted(jobId), started(jobId)]) journal.append(line);
    appendFileSync(file, JSON.stringify(ended).slice(0, 40));
    const again = openJournal(file);
    expect(again.find(jobId, 1)).toMatchObject({ state: 'started' });
    again.append(ended);
    expect(openJournal(file).find(jobId, 1)).toMatchObject({ state: 'ended' });
  });

  test('does not grow for ever', () => {
    const file = newFile();
    const journal = openJournal(file);
    for (let number = 1; number <= 600; number += 1) {
      journal.append({ ...started(jobId), attempt: number });
      journal.append({ type: 'told', jobId, attempt: number, at });
    }
    openJournal(file);
    expect(readFileSync(file, 'utf8').split('\n').length).toBe(1001);
  });
});
