import { array, assert, nat, property } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createSseParser, type SseMessage } from './sse-parser.ts';

const read = (pieces: readonly string[]): SseMessage[] => {
  const messages: SseMessage[] = [];
  const parser = createSseParser((message) => messages.push(message));
  for (const piece of pieces) parser.push(piece);
  return messages;
};

const cut = (text: string, places: readonly number[]): string[] => {
  const ends = [...new Set(places.map((place) => place % (text.length + 1))), text.length].toSorted((a, b) => a - b);
  return ends.map((end, index) => text.slice(ends[index - 1] ?? 0, end));
};

const STREAM = ': hello\n\nid: 1\ndata: {"a":1}\n\nid: auth:1,agent-mgmt:2\r\ndata: first\r\ndata: second\r\n\r\n: beat\n\nevent: x\ndata\n\n';

describe('a stream of server-sent events', () => {
  test('gives messages with their ids and leaves comments out', () => {
    expect(read([STREAM])).toEqual([
      { id: '1', data: '{"a":1}' },
      { id: 'auth:1,agent-mgmt:2', data: 'first\nsecond' },
      { id: 'auth:1,agent-mgmt:2', data: '' },
    ]);
  });

  test('reads the same wherever the network cuts it', () => {
    assert(property(array(nat()), (places) => { expect(read(cut(STREAM, places))).toEqual(read([STREAM])); }));
  });

  test('holds a message back until its empty line has come', () => {
    expect(read(['data: half\n'])).toEqual([]);
  });
});
