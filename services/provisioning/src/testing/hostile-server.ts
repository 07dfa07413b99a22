/** A server on the loopback that answers as a test tells it, and remembers who asked for what. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Behaviour = (request: IncomingMessage, response: ServerResponse) => void;

export type HostileServer = {
  readonly url: string;
  /** Method and path of every request so far. */
  readonly heard: string[];
  behave(behaviour: Behaviour): void;
  close(): Promise<void>;
};

export const startHostileServer = async (): Promise<HostileServer> => {
  let behaviour: Behaviour = (_request, response) => void response.writeHead(500).end();
  const heard: string[] = [];
  const server = createServer((request, response) => {
    heard.push(`${request.method} ${request.url}`);
    request.resume();
    behaviour(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    heard,
    behave: (next) => void (behaviour = next),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};
