/**
 * The process's one HTTP port. It listens before anything else works, so that a supervisor sees "alive, not ready"
 * instead of a refused connection; the hub's application takes over all other paths once it is up. People reach the hub's
 * port, strangers too, so there only `/healthz` is answered: readiness and metrics are on a port of their own.
 */
import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';
import { StartRefused } from './parse-config.ts';
import type { Verdict } from './readiness.ts';

export type HttpServer = {
  readonly port: number;
  /** Where readiness and metrics are answered. */
  readonly managementPort: number;
  readonly server: Server;
  /** From now on this answers everything but the health paths. */
  handOver(listener: RequestListener): void;
  /** What else `/metrics` tells from now on. */
  gather(more: () => Promise<string>): void;
  close(): Promise<void>;
};

type Health = { readonly registry: Registry; readonly verdict: () => Verdict; readonly more: () => Promise<string> };
type Address = { readonly host: string; readonly port: number };
/** `management`: of a port that is for everybody. */
export type Listening = { readonly registry: Registry; readonly verdict: () => Verdict; readonly management?: Address } & Address;

const answer = (response: ServerResponse, { status, type = 'application/json', body }: { status: number; type?: string; body: string }) => {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' });
  response.end(body);
};

const notUp: RequestListener = (_request, response) => {
  response.setHeader('retry-after', '1');
  answer(response, { status: 503, type: 'application/problem+json', body: JSON.stringify({ type: 'about:blank', title: 'Service Unavailable', status: 503, code: 'service.unavailable', detail: 'The service is starting; try again in a moment.' }) });
};

const healthOf = async (path: string, { registry, verdict, more }: Health) => {
  switch (path) {
    case '/healthz': return { status: 200, body: '{"status":"alive"}' };
    case '/readyz': return { status: verdict().isReady ? 200 : 503, body: JSON.stringify(verdict()) };
    case '/metrics': return { status: 200, type: registry.contentType, body: [await registry.metrics(), await more()].join('\n') };
    default: return undefined;
  }
};

const listenOn = (server: Server, host: string, port: number) =>
  new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') reject(new StartRefused(`Port ${port} on ${host} is in use by another program. Stop that program, or set CITRUS_HTTP_PORT (for npm start: CITRUS_PORT) to a free port.`));
      else reject(new StartRefused(`Cannot listen on ${host}:${port} (${error.code ?? error.message}). Set CITRUS_HTTP_HOST and CITRUS_HTTP_PORT, or CITRUS_MANAGEMENT_HOST and CITRUS_MANAGEMENT_PORT (for npm start: CITRUS_PORT), to an address of this machine that this account may use.`));
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

const portOf = (server: Server): number => (server.address() as AddressInfo).port;

const startManagement = async (health: Health, { host, port }: Address): Promise<Server> => {
  const server = createServer((request, response) => {
    const path = (request.url ?? '').split('?', 1)[0] ?? '';
    void healthOf(path, health).then((reply) => answer(response, reply ?? { status: 404, body: '{"paths":["/healthz","/readyz","/metrics"]}' }));
  });
  await listenOn(server, host, port);
  return server;
};

/** @throws StartRefused when the port is taken. */
export const listen = async ({ registry, verdict, management, host, port }: Listening): Promise<HttpServer> => {
  let listener: RequestListener = notUp;
  let more = async (): Promise<string> => '';
  const health: Health = { registry, verdict, more: () => more() };
  const inFlight = new Set<ServerResponse>();
  const server = createServer((request, response) => {
    inFlight.add(response);
    response.once('close', () => inFlight.delete(response));
    const path = (request.url ?? '').split('?', 1)[0] ?? '';
    const isHere = management === undefined || path === '/healthz';
    void (isHere ? healthOf(path, health) : Promise.resolve(undefined)).then((reply) => (reply ? answer(response, reply) : listener(request, response)));
  });
  const managing = management && (await startManagement(health, management));
  try {
    await listenOn(server, host, port);
  } catch (error) {
    managing?.close();
    throw error;
  }
  return {
    port: portOf(server),
    managementPort: portOf(managing ?? server),
    server,
    handOver: (next) => (listener = next),
    gather: (next) => (more = next),
    close: async () => {
      await closeWhenAnswered(server, inFlight);
      managing?.close();
      managing?.closeAllConnections();
    },
  };
};
