/** A client in a process of its own: so many connections that each ask again when they were answered. No more HTTP than that takes. */
import { connect, type Socket } from 'node:net';

type Wanted = { readonly url: string; readonly method: string; readonly path: string; readonly headers: Readonly<Record<string, string>>; readonly body?: string; readonly connections: number; readonly forMs: number; /** `{n}` in path and body becomes the number of the request. */ readonly isNumbered?: boolean };

const wanted = JSON.parse(process.argv[2] ?? '{}') as Wanted;
const { hostname, port } = new URL(wanted.url);
let sent = 0;
const latencies: number[] = [];
const statuses: Record<string, number> = {};
const startedAt = performance.now();

const requestText = (): string => {
  sent += 1;
  const numbered = (text: string) => (wanted.isNumbered ? text.replaceAll('{n}', String(sent)) : text);
  const body = wanted.body === undefined ? '' : numbered(wanted.body);
  const headers = { host: `${hostname}:${port}`, ...wanted.headers, ...(wanted.body !== undefined && { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)) }) };
  return `${wanted.method} ${numbered(wanted.path)} HTTP/1.1\r\n${Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`;
};

/** The whole length of the answer at the beginning of what came, or undefined while its head is not there. */
const lengthOf = (received: Buffer): number | undefined => {
  const end = received.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const head = received.subarray(0, end).toString('latin1');
  return end + 4 + Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? 0);
};

const converse = (socket: Socket): Promise<void> =>
  new Promise((resolve, reject) => {
    let [received, parts, askedAt] = [0, [] as Buffer[], 0];
    const ask = () => {
      askedAt = performance.now();
      socket.write(requestText());
    };
    socket.on('connect', ask).on('error', reject).on('close', () => reject(new Error('the server closed a connection')));
    socket.on('data', (chunk: Buffer) => {
      parts.push(chunk);
      received += chunk.length;
      const [first = chunk] = parts;
      const length = lengthOf(parts.length > 1 && lengthOf(first) === undefined ? (parts = [Buffer.concat(parts)])[0] ?? chunk : first);
      if (length === undefined || received < length) return;
      const status = first.subarray(9, 12).toString('latin1');
      statuses[status] = (statuses[status] ?? 0) + 1;
      latencies.push(performance.now() - askedAt);
      [received, parts] = [0, []];
      if (performance.now() - startedAt < wanted.forMs) return ask();
      socket.removeAllListeners('close').end();
      resolve();
    });
  });

await Promise.all(Array.from({ length: wanted.connections }, () => converse(connect({ host: hostname, port: Number(port), noDelay: true }))));
latencies.sort((a, b) => a - b);
process.stdout.write(`${JSON.stringify({ perSecond: (latencies.length * 1000) / (performance.now() - startedAt), answers: latencies.length, p50Ms: latencies[Math.floor(latencies.length * 0.5)], p99Ms: latencies[Math.floor(latencies.length * 0.99)], statuses })}\n`);
process.exit();
