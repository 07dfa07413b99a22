import { createServer, request } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { startAptProxy } from './apt-proxy.ts';

/** As a droplet would: a whole address in the first line of the request. */
const ask = async (path: string): Promise<number | undefined> => {
  const [response] = await once(request({ host: '127.0.0.1', port: 3128, path }).end(), 'response');
  response.resume();
  return response.statusCode;
};

const tunnelTo = async (place: string): Promise<string> => {
  const socket = connect(3128, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write(`CONNECT ${place} HTTP/1.1\r\nhost: x\r\n\r\n`);
  let said = '';
  socket.on('data', (bytes) => (said += bytes.toString()));
  await once(socket, 'close');
  return said;
};

test('leads to nothing on this computer, and nonsense does not end it', async () => {
  const proxy = await startAptProxy('127.0.0.1');
  const secret = createServer((_request, response) => response.end('secret')).listen(0, '127.0.0.1');
  onTestFinished(async () => {
    secret.close();
    await proxy.close();
  });
  await once(secret, 'listening');
  const { port } = secret.address() as AddressInfo;
  for (const host of ['127.0.0.1', 'localhost', '0.0.0.0', '127.1', '2130706433', '[::1]', '[::ffff:127.0.0.1]', '169.254.169.254']) {
    expect(await ask(`http://${host}:${port}/`)).toBe(502);
    expect(await tunnelTo(`${host}:${port}`)).toBe('');
  }
  for (const nonsense of ['http://', 'http://a:99999/', 'http://%00/', 'file:///etc/passwd']) expect(await ask(nonsense)).toBe(502);
  for (const nonsense of ['a:99999', ':', 'a b', '127.0.0.1']) expect(await tunnelTo(nonsense)).not.toContain('200');
});
