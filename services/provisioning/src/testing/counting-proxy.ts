/** Stands in front of a cloud and writes down each request that passes. */
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

export type Passed = { readonly at: number; readonly method: string; readonly path: string; status: number };
export type CountingProxy = { readonly url: string; readonly passed: readonly Passed[]; close(): Promise<void> };

export const startCountingProxy = async (target: string): Promise<CountingProxy> => {
  const passed: Passed[] = [];
  const forward = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    const { method = 'GET', url: path = '/', headers } = incoming;
    const one: Passed = { at: Date.now(), method, path, status: 0 };
    passed.push(one);
    const onward = request(new URL(path, target), { method, headers }, (answer) => {
      one.status = answer.statusCode ?? 0;
      outgoing.writeHead(one.status, answer.headers);
      answer.pipe(outgoing);
    });
    onward.on('error', () => outgoing.destroy());
    incoming.pipe(onward);
  };
  const server = createServer(forward).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    passed,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
};

/** The most requests in any minute, wherever it begins. */
export const busiestMinute = (passed: readonly Passed[]): number =>
  passed.reduce((most, { at }) => Math.max(most, passed.filter((other) => other.at > at - 60_000 && other.at <= at).length), 0);
