import { describe, expect, test } from 'vitest';
import { createSteady, listenersIn, listeningPorts, portsIn, roughly } from './capacity.ts';

const TABLE = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1 0 100 0 0 10 0
   1: 0100007F:1F9A 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 2 1 0 100 0 0 10 0
   2: 0100007F:C350 0100007F:1F9A 01 00000000:00000000 00:00000000 00000000     0        0 3 1 0 20 4 30 10 -1
`;

describe('what is left of a machine', () => {
  test('are the ports that nobody listens on; a connection is no listener', () => {
    expect(portsIn(TABLE, {})).toEqual([22, 8090]);
    expect(portsIn('nonsense\n\n', {})).toEqual([]);
    expect(listeningPorts({}).every((port) => port >= 1 && port <= 65_535)).toBe(true);
  });
  test.each([1, 40, 160, 1000])('are found without reading the connections behind them, in pieces of %i bytes', (size) => {
    const table = TABLE + '   3: 0100007F:C351 0100007F:1F9A 01 00000000:00000000 00:00000000 00000000     0        0 3 1 0 20 4 30 10 -1\n'.repeat(1000);
    let at = 0;
    const read = listenersIn(() => table.slice(at, (at += size)));
    expect(portsIn(read, {})).toEqual([22, 8090]);
    if (size > 100) expect(read.length).toBeLessThan(TABLE.length + 2 * size);
  });
  test('below a prefix concerns only what is at our own address', () => {
    expect([portsIn(TABLE, { prefix: '/p', serverAddress: '127.0.0.1' }), portsIn(TABLE, { prefix: '/p', serverAddress: '127.0.0.2' })]).toEqual([[8090], []]);
  });
  test.each([[0, 0], [5, 5], [1000, 896], [1023, 896], [1024, 1024], [10_000_000_000, 8_589_934_592]])('is told roughly: %i is %i', (bytes, told) => {
    expect(roughly(bytes)).toBe(told);
  });
});

test('a disk that fills and empties around a step does not tell something else each time, and one that fills does', () => {
  const steady = createSteady();
  const first = steady('/', 1024);
  expect(Array.from({ length: 20 }, (_, n) => steady('/', n % 2 === 0 ? 1020 : 1030))).toEqual(Array(20).fill(first));
  expect(steady('/', 900)).toBe(896);
  expect(steady('/', 100)).toBeLessThan(101);
  expect(steady('/other', 100)).toBe(steady('/other', 100));
});
