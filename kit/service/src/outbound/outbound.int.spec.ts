import { createServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { createServer as createPlainServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { parseSubnet } from './addresses.ts';
import { CERTIFICATE, KEY } from './certificate.fixture.ts';
import { createOutbound } from './outbound.ts';
import type { Resolve } from './resolve.ts';

/** A busy machine takes its time; who is waited for in vain is waited for briefly. */
const limits = { connectMs: 20_000, headersMs: 20_000, bodyMs: 20_000 };
const brief = { ...limits, headersMs: 300, bodyMs: 300 };
const listen = async (server: Server): Promise<number> => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
};
const answering = async (listener: RequestListener): Promise<number> => {
  const server = createServer(listener);
  onTestFinished(() => server.closeAllConnections());
  return await listen(server);
};
/** Whoever is cut off does not mind. */
const plain = (serve: (socket: Socket) => unknown): Server => createPlainServer((socket) => void serve(socket.on('error', () => undefined)));
const message = { headers: { 'content-type': 'application/json', 'webhook-id': 'a' }, body: Buffer.from('{"a":"ä"}') };
const local = createOutbound({ allow: [parseSubnet('127.0.0.1')], allowHttp: true }, { limits });
const impatient = createOutbound({ allow: [parseSubnet('127.0.0.1')], allowHttp: true }, { limits: brief });
const post = (port: number, path = '/hook?x=1') => local.post(`http://127.0.0.1:${port}${path}`, message);

test('sends what it was given and keeps the beginning of the answer', async () => {
  const seen: unknown[] = [];
  const port = await answering((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      seen.push({ method: request.method, url: request.url, id: request.headers['webhook-id'], host: request.headers.host, body: Buffer.concat(chunks).toString() });
      response.writeHead(202, { 'retry-after': '7' }).end('well\0done');
    });
  });
  expect(await post(port)).toMatchObject({ kind: 'answered', status: 202, text: 'well\uFFFDdone', retryAfterMs: 7000 });
  expect(seen).toEqual([{ method: 'POST', url: '/hook?x=1', id: 'a', host: `127.0.0.1:${port}`, body: '{"a":"ä"}' }]);
});

test('follows no redirect, and reads no more of an answer than it must', async () => {
  let calls = 0;
  const port = await answering((_request, response) => {
    calls += 1;
    response.writeHead(302, { location: 'http://127.0.0.1:1/' });
    const more = (): void => {
      while (!response.destroyed && response.write(Buffer.alloc(16_384, 'x')));
      if (!response.destroyed) response.once('drain', more);
    };
    more();
  });
  const outcome = await post(port);
  expect(outcome).toMatchObject({ kind: 'answered', status: 302 });
  expect(outcome.kind === 'answered' && outcome.text).toHaveLength(4096);
  expect(calls).toBe(1);
});

test('gives up on who does not answer, answers too slowly, closes, refuses or speaks nonsense', async () => {
  const silent = await answering(() => undefined);
  const endless = await answering((_request, response) => void response.writeHead(200).write('a'));
  const closing = await listen(plain((socket) => socket.once('data', () => socket.destroy())));
  const nonsense = await listen(plain((socket) => socket.once('data', () => socket.end('SSH-2.0-x\r\n\r\n'))));
  const wordy = await listen(plain((socket) => socket.once('data', () => socket.end(`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(100_000)}\r\n\r\n`))));
  const switching = await listen(plain((socket) => socket.once('data', () => socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n'))));
  expect(await impatient.post(`http://127.0.0.1:${silent}/`, message)).toMatchObject({ kind: 'failed', code: 'timeout.answer' });
  // Whether its first bytes came in time is the machine's.
  expect(await impatient.post(`http://127.0.0.1:${endless}/`, message)).toMatchObject({ kind: 'failed', code: expect.stringMatching(/^timeout\.(answer|body)$/) });
  for (const port of [nonsense, wordy]) expect(await post(port)).toMatchObject({ kind: 'failed', code: 'answer.broken' });
  expect(await post(closing)).toMatchObject({ kind: 'failed' });
  expect(await post(switching)).toMatchObject({ kind: 'failed' });
  expect(await local.post('http://127.0.0.1:1/', message)).toMatchObject({ kind: 'failed', code: 'connection.refused' });
});

test('T875. a name is asked for once, so it cannot point elsewhere when it is called', async () => {
  let asked = 0;
  const port = await answering((_request, response) => void response.end('inside'));
  // Public the first time, then this machine: what a rebinding name server does.
  const resolve: Resolve = async () => [{ address: (asked += 1) === 1 ? '203.0.113.1' : '127.0.0.1', family: 4 }];
  const outbound = createOutbound({ allow: [parseSubnet('203.0.113.0/24')], allowHttp: true }, { resolve, limits: { ...limits, connectMs: 200 } });
  const outcome = await outbound.post(`http://rebinds.example:${port}/`, message);
  expect(outcome).toMatchObject({ kind: 'failed' });
  expect(asked).toBe(1);
  expect(await outbound.post(`http://rebinds.example:${port}/`, message)).toMatchObject({ kind: 'failed', code: 'address.not_allowed' });
});

test('it calls the address that was checked, under the name that was entered', async () => {
  const hosts: unknown[] = [];
  const port = await answering((request, response) => {
    hosts.push(request.headers.host);
    response.end();
  });
  const outbound = createOutbound({ allow: [parseSubnet('127.0.0.1')], allowHttp: true }, { resolve: async () => [{ address: '127.0.0.1', family: 4 }], limits });
  expect(await outbound.post(`http://hooks.example:${port}/`, message)).toMatchObject({ kind: 'answered', status: 200 });
  expect(hosts).toEqual([`hooks.example:${port}`]);
});

test('the receiver proves that it is who was entered, although it was called by its address', async () => {
  const server = createTlsServer({ key: KEY, cert: CERTIFICATE }, (_request, response) => void response.end());
  const port = await listen(server);
  const resolve: Resolve = async () => [{ address: '127.0.0.1', family: 4 }];
  const trusting = createOutbound({ allow: [parseSubnet('127.0.0.1')], allowHttp: false }, { resolve, limits, ca: CERTIFICATE });
  expect(await trusting.post(`https://hooks.example:${port}/`, message)).toMatchObject({ kind: 'answered', status: 200 });
  expect(await trusting.post(`https://other.example:${port}/`, message)).toMatchObject({ kind: 'failed', code: 'tls.failed' });
  const strict = createOutbound({ allow: [parseSubnet('127.0.0.1')], allowHttp: false }, { resolve, limits });
  expect(await strict.post(`https://hooks.example:${port}/`, message)).toMatchObject({ kind: 'failed', code: 'tls.failed' });
});
