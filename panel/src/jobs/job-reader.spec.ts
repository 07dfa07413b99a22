import { describe, expect, test } from 'vitest';
import { JobReader } from './job-reader.ts';

const told = (...messages: (readonly [id: string, data: object])[]): JobReader => {
  const reader = new JobReader();
  for (const [id, data] of messages) reader.receive({ id, data: JSON.stringify(data) });
  return reader;
};

describe('what a job\'s stream tells', () => {
  test('counts once, however often it is told', () => {
    const reader = told(['', { status: 'running' }], ['1', { output: 'one\n' }], ['1', { output: 'one\n' }], ['2', { progress: 50, message: 'Half' }], ['2', { progress: 50, message: 'Half' }], ['3', { output: 'two\n' }], ['2', { output: 'two\n' }]);
    expect(reader.buffer.text()).toBe('one\n▸ Half\ntwo');
  });

  test('is heard when it is only a status, which repeats the number before', () => {
    const reader = told(['7', { status: 'running', output: 'x' }], ['7', { status: 'cancelling' }]);
    expect([reader.progress.status, reader.isComplete]).toEqual(['cancelling', false]);
    reader.receive({ id: '8', data: '{"status":"cancelled"}' });
    expect(reader.isComplete).toBe(true);
  });
});
