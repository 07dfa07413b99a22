/** Many readers of the live events in one process; tells when all of them listen, and at the end how late each event came to each. */
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';

const [url = '', tokensFile = '', count = '0', eachPerson = '50'] = process.argv.slice(2);
const { hostname, port } = new URL(url);
const tokens = JSON.parse(readFileSync(tokensFile, 'utf8')) as string[];
const say = (fields: object): void => void process.stdout.write(`${JSON.stringify(fields)}\n`);

const counted = { listening: 0, told: 0, ended: 0 };
const lateMs: number[] = [];
const SENT_AT = Buffer.from('"sentAt":');

/** Found in the bytes, because parsing fifty thousand messages a second would be what is measured. */
const note = (chunk: Buffer): void => {
  const now = Date.now();
  for (let at = chunk.indexOf(SENT_AT); at >= 0; at = chunk.indexOf(SENT_AT, at + 1)) {
    counted.told += 1;
    lateMs.push(now - Number(chunk.subarray(at + SENT_AT.length, at + SENT_AT.length + 13).toString('latin1')));
  }
};

const read = (socket: Socket, token: string): void => {
  let isIn = false;
  socket.write(`GET /api/events/stream HTTP/1.1\r\nhost: ${hostname}\r\nauthorization: Bearer ${token}\r\n\r\n`);
  socket.on('data', (chunk: Buffer) => {
    if (!isIn) {
      const status = chunk.subarray(9, 12).toString('latin1');
      if (status !== '200') throw new Error(`a reader was answered ${status}: ${chunk.toString()}`);
      isIn = true;
      counted.listening += 1;
    }
    note(chunk);
  });
  socket.on('close', () => (counted.ended += 1)).on('error', () => undefined);
};

const AT_ONCE = 50;
for (let from = 0; from < Number(count); from += AT_ONCE) {
  const upTo = Math.min(Number(count), from + AT_ONCE);
  for (let n = from; n < upTo; n += 1) read(connect({ host: hostname, port: Number(port) }), tokens[Math.floor(n / Number(eachPerson))] ?? '');
  while (counted.listening < upTo) await new Promise((resolve) => setTimeout(resolve, 5));
}
say({ listening: counted.listening });
createInterface({ input: process.stdin }).on('line', (line) => {
  if (line === 'count') say({ ...counted });
  if (line === 'forget') {
    counted.told = 0;
    lateMs.length = 0;
    say({ forgotten: true });
  }
  if (line !== 'end') return;
  lateMs.sort((a, b) => a - b);
  say({ p50Ms: lateMs[Math.floor(lateMs.length * 0.5)], p99Ms: lateMs[Math.floor(lateMs.length * 0.99)], mostMs: lateMs.at(-1), of: counted.told, ended: counted.ended });
});
