/**
 * One connection a process, that never gives up: neither before the first success nor later. What is wrong is said in
 * the log each time it changes, because a process that waits in silence looks like one that hangs.
 */
import { readFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { connect, credsAuthenticator, type NatsConnection, type NodeConnectionOptions } from '@nats-io/transport-node';
import { watchCredentials } from './credentials-file.ts';
import { reconnect } from './hand-over.ts';
import type { Logger } from './logger.ts';

export type NatsAddress = {
  /** One or more, separated by commas. */
  readonly url: string;
  readonly credsFile?: string;
  readonly name: string;
  readonly inboxPrefix: string;
  readonly logger?: Logger;
  readonly signal?: AbortSignal;
  /** What is done when the credentials file says something else; by default the connection is made anew. */
  readonly onNewCredentials?: (nats: NatsConnection) => Promise<void>;
};

const LONGEST_DELAY_MS = 5000;
const SAY_AGAIN_EVERY_MS = 30_000;

/** Full jitter, so that a fleet of processes does not come back in step. */
const jittered = (tries: number) => 100 + Math.random() * Math.min(LONGEST_DELAY_MS, 200 * 2 ** Math.min(tries, 10));

const optionsOf = ({ url, credsFile, name, inboxPrefix }: NatsAddress): NodeConnectionOptions => ({
  servers: url.split(',').map((server) => server.trim()),
  name,
  inboxPrefix,
  maxReconnectAttempts: -1,
  reconnectDelayHandler: () => jittered(4),
  // A server restarted with an empty resolver refuses everybody for a moment; that is no reason to end.
  ignoreAuthErrorAbort: true,
  pingInterval: 20_000,
  // Else each request keeps a stack trace in case that it fails; what failed is told by our own errors.
  noAsyncTraces: true,
  // Read at each connect: rotated credentials need no restart.
  ...(credsFile && { authenticator: credsAuthenticator(() => readFileSync(credsFile)) }),
});

const reasonOf = (error: unknown) => (error instanceof Error ? error.message || error.name : String(error));

/** One try. @throws when it is not let in */
export const connectOnce = (address: NatsAddress): Promise<NatsConnection> => connect(optionsOf(address));

/** Resolves when connected; rejects only when the credentials cannot be read or `signal` aborts. */
export const connectNats = async (address: NatsAddress): Promise<NatsConnection> => {
  let credentials = address.credsFile ? await readFile(address.credsFile, 'utf8') : '';
  const said = { reason: '', at: 0 };
  for (let tries = 0; ; tries += 1) {
    address.signal?.throwIfAborted();
    try {
      if (address.credsFile) credentials = await readFile(address.credsFile, 'utf8');
      const nc = await connect(optionsOf(address));
      address.logger?.info({ event: 'nats.connected', server: nc.getServer() }, 'connected to NATS');
      void followStatus(nc, address.logger);
      followCredentials(nc, address, credentials);
      return nc;
    } catch (error) {
      const reason = reasonOf(error);
      if (reason !== said.reason || Date.now() - said.at > SAY_AGAIN_EVERY_MS) {
        address.logger?.warn({ event: 'nats.unreachable', url: address.url, reason }, `NATS at ${address.url} does not let us in (${reason}); start it or correct CITRUS_NATS_URL and CITRUS_NATS_CREDS_FILE. Trying again.`);
        Object.assign(said, { reason, at: Date.now() });
      }
      await delay(jittered(tries), undefined, address.signal ? { signal: address.signal } : {});
    }
  }
};

const followCredentials = (nc: NatsConnection, { credsFile: file, logger, onNewCredentials = reconnect }: NatsAddress, current: string): void => {
  if (!file) return;
  const ending = new AbortController();
  void nc.closed().then(() => ending.abort());
  void watchCredentials({ file, current, onChange: () => onNewCredentials(nc), signal: ending.signal, logger });
};

const followStatus = async (nc: NatsConnection, logger?: Logger) => {
  for await (const status of nc.status()) {
    if (status.type === 'disconnect') logger?.warn({ event: 'nats.disconnected', server: status.server }, 'lost the connection to NATS, reconnecting');
    if (status.type === 'reconnect') logger?.info({ event: 'nats.reconnected', server: status.server }, 'connected to NATS again');
    if (status.type === 'error') logger?.error({ event: 'nats.error', reason: reasonOf(status.error) }, 'NATS reported an error');
  }
};
