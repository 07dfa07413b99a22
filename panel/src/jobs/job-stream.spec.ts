import { expect, test } from 'vitest';
import type { JobMessage } from '../api/types.ts';
import { NOTHING_TOLD, tellProgress } from './job-stream.ts';

const told = (...messages: JobMessage[]) => messages.reduce(tellProgress, NOTHING_TOLD);

test('keeps what was told last while a message is only output', () => {
  expect(told({ status: 'running', progress: 40, message: 'Unpacking' }, { output: 'x' })).toEqual({ status: 'running', percent: 40, message: 'Unpacking' });
});

test('a new attempt begins at nothing', () => {
  expect(told({ status: 'running', progress: 90, message: 'Almost' }, { status: 'dispatched' })).toEqual({ status: 'dispatched', percent: undefined, message: undefined });
});

test('a bar never leaves its frame', () => {
  expect(told({ progress: 140 }).percent).toBe(100);
});
