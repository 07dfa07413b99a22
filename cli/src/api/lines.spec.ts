import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { linesOf, serverSentEvents } from './lines.ts';

/** The same bytes in pieces of any size. */
async function* inPieces(text: string, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  let rest = new TextEncoder().encode(text);
  for (const size of sizes) {
    yield rest.slice(0, size);
    rest = rest.slice(size);
  }
  yield rest;
}

const collect = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
};

const pieces = fc.array(fc.nat(7), { maxLength: 30 });

test('lines come whole, wherever the pieces end', async () => {
  await fc.assert(fc.asyncProperty(pieces, async (sizes) => {
    expect(await collect(linesOf(inPieces('{"a":"ü"}\n\n{"b":"🍊"}\nlast', sizes)))).toEqual(['{"a":"ü"}', '{"b":"🍊"}', 'last']);
  }));
});

test('so do server-sent events; comments are passed over, and what the end cut off', async () => {
  const text = 'retry: 2000\n\nid: auth:1\ndata: {"n":"ü"}\n\n: still here\n\ndata: a\r\ndata:b\r\n\r\nid: auth:2\ndata: cut';
  await fc.assert(fc.asyncProperty(pieces, async (sizes) => {
    expect(await collect(serverSentEvents(inPieces(text, sizes)))).toEqual([{ id: 'auth:1', data: '{"n":"ü"}' }, { data: 'a\nb' }]);
  }));
});
