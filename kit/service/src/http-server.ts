/**
 * The process's one HTTP port. It listens before anything else works, so that a supervisor sees "alive, not ready"
 * instead of a refused connection; the hub's application takes over all other paths once it is up.
 */
import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';
import { StartRefused } from './config.ts';
import type { Verdict } from './readiness.ts';

export type HttpServer = {
  readonly port: number;
  readonly server: Server;
  /** From now on this answers everything but the health paths. */
  handOver(listener: RequestListener): void;
  close(): Promise<void>;
};

type Health = { readonly registry: Registry; readonly verdict: () => Verdict; readonly host: string; readonly port: number };

const answer = (response: ServerResponse, { status, type = 'application/json', body }: { status: number; type?: string; body: string }) => {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' });
  response.end(body);
};

const notUp: RequestListener = (_request, response) => {
  response.setHeader('retry-after', '1');
  answer(response, { status: 503, type: 'application/problem+json', body: JSON.stringify({ type: 'about:blank', title: 'Service Unavailable', status: 503, code: 'service.unavailable', detail: 'The service is starting; try again in a moment.' }) });
};

const healthOf = async (path: string, { registry, verdict }: Health) => {
  switch (path) {
    case '/healthz': return { status: 200, body: '{"status":"alive"}' };
    case '/readyz': return { status: verdict().isReady ? 200 : 503, body: JSON.stringify(verdict()) };
    case '/metrics': return { status: 200, type: registry.contentType, body: await registry.metrics() };
    default: return undefined;
  }
};

const listenOn = (server: Server, host: string, port: number) =>
  new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') reject(new StartRefused(`Port ${port} on ${host} is in use by another program. Stop that program, or set CITRUS_HTTP_PORT (for npm start: CITRUS_PORT) to a free port.`));
      else reject(new StartRefused(`Cannot listen on ${host}:${port} (${error.code ?? error.message}). Set CITRUS_HTTP_HOST and CITRUS_HTTP_PORT (for npm start: CITRUS_PORT) to an address of this machine that this account may use.`));
    });
    server.listen(port, host, resolve);
  });

const LAST_ANSWERS_MS = 5000;

/** Finishes the answers in flight; connections that carry none (kept alive, or never used) would hold us up for seconds. */
const closeWhenAnswered = async (server: Server, inFlight: ReadonlySet<ServerResponse>): Promise<void> => {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  const answered = Promise.all([...inFlight].map((response) => new Promise((resolve) => response.once('close', resolve))));
  let timer: NodeJS.Timeout | undefined;
  await Promise.race([answered, new Promise((resolve) => (timer = setTimeout(resolve, LAST_ANSWERS_MS)))]);
  clearTimeout(timer);
  server.closeAllConnections();
  await closed;
};

/** @throws StartRefused when the port is taken. */
export const listen = async (health: Health): Promise<HttpServer> => {
  let listener: RequestListener = notUp;
  const inFlight = new Set<ServerResponse>();
  const server = createServer((request, response) => {
    inFlight.add(response);
    response.once('close', () => inFlight.delete(response));
    const path = (request.url ?? '').split('?', 1)[0] ?? '';
    void healthOf(path, health).then((reply) => (reply ? answer(response, reply) : listener(request, response)));
  });
  await listenOn(server, health.host, health.port);
  return {
    port: (server.address() as AddressInfo).port,
    server,
    handOver: (next) => (listener = next),
    close: () => closeWhenAnswered(server, inFlight),
  };
};
