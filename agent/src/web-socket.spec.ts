import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BrokerSocket, frameOf, parseFrame, type Frame } from './web-socket.ts';

const NO_MASK = new Uint8Array(4);
/** As a broker sends it: without the bit and the four bytes of a mask. */
const unmasked = (opcode: number, payload: Uint8Array): Buffer => {
  const frame = frameOf(opcode, payload, NO_MASK);
  const start = payload.length < 126 ? 2 : payload.length < 65_536 ? 4 : 10;
  const bytes = Buffer.concat([frame.subarray(0, start), frame.subarray(start + 4)]);
  bytes[1] = (bytes[1] ?? 0) & 0x7f;
  return bytes;
};

describe('frames', () => {
  test('come out as they went in, wherever the stream is cut', () => {
    const frame = fc.record({ opcode: fc.constantFrom(0, 1, 2, 8, 9, 10), length: fc.constantFrom(0, 1, 125, 126, 127, 65_535, 65_536, 70_000) });
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 5 }), fc.integer({ min: 300, max: 40_000 }), (frames, step) => {
        const sent = frames.map(({ opcode, length }) => ({ opcode, payload: Buffer.alloc(length, length % 251) }));
        const stream = Buffer.concat(sent.map(({ opcode, payload }) => unmasked(opcode, payload)));
        const got: Frame[] = [];
        let kept: Buffer = Buffer.alloc(0);
        for (let at = 0; at < stream.length; at += step) {
          kept = Buffer.concat([kept, stream.subarray(at, at + step)]);
          for (let next = parseFrame(kept); next; next = parseFrame(kept)) {
            got.push(next.frame);
            kept = kept.subarray(next.end);
          }
        }
        expect(kept).toHaveLength(0);
        expect(got.map(({ opcode, payload }) => [opcode, payload.length])).toEqual(sent.map(({ opcode, payload }) => [opcode, payload.length]));
        expect(got.every(({ payload }, index) => payload.equals(sent[index]?.payload ?? Buffer.alloc(0)))).toBe(true);
      }),
      { numRuns: 40 },
    );
  });

  test('of a client are masked, as the standard asks for', () => {
    // RFC 6455, 5.7: a masked "Hello".
    expect(frameOf(1, Buffer.from('Hello'), Buffer.from([0x37, 0xfa, 0x21, 0x3d])).toString('hex')).toBe('818537fa213d7f9f4d5158');
  });

  test.for([
    ['masked by the broker', '8285000000000000000000'],
    ['with an extension', 'c20000'],
    ['of more bytes than a broker sends', '827f0000000100000000'],
  ])('%s are none', ([, hex = '']) => {
    expect(() => parseFrame(Buffer.from(hex, 'hex'))).toThrow('the broker sends');
  });
});

test('that is closed before it was open says so, because nats.js waits for that before it dials again', async () => {
  const silent = createServer();
  silent.listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const { port } = silent.address() as AddressInfo;
  const socket = new BrokerSocket(`ws://127.0.0.1:${port}`);
  const closed = Promise.withResolvers<void>();
  Object.assign(socket, { onclose: () => closed.resolve() });
  socket.close();
  await closed.promise;
  silent.close();
});
