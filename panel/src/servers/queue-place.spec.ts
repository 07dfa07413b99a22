import { expect, test } from 'vitest';
import { placeSentence } from './queue-place.ts';

test.each([
  [{ position: 1, of: 1, waitsFor: null }, '1st of 1 in the queue for the cloud.'],
  [{ position: 3, of: 12, waitsFor: 'The cloud’s request limit is used up until 12:05 UTC.' }, '3rd of 12 in the queue for the cloud. The cloud’s request limit is used up until 12:05 UTC.'],
  [{ position: 12, of: 112, waitsFor: null }, '12th of 112 in the queue for the cloud.'],
  [{ position: 22, of: 112, waitsFor: null }, '22nd of 112 in the queue for the cloud.'],
])('%j is told as a sentence', (queue, sentence) => {
  expect(placeSentence(queue)).toBe(sentence);
});
