/**
 * The one connection to the broker: NATS over WebSocket, outbound only. nats.js gives up by default after ten tries or
 * two refused sign-ins and makes its first retry at once; all three would hurt a fleet, so each is set here.
 */
import { Problem, subjects, type CommandReply } from '@citrus/contracts';
import { wsconnect, type Authenticator, type NatsConnection, type ReconnectToServerHandler, type WsSocketFactory } from '@nats-io/nats-core';
import type { z } from 'zod';
import { reconnectDelay } from './backoff.ts';
import type { Identity } from './identity.ts';
import type { Keys } from './keys.ts';
import { describe, type Log } from './log.ts';
import { BrokerSocket } from './web-socket.ts';

/** The other side has read the request and will never take it. */
export class RequestRefused extends Error {
  override readonly name = 'RequestRefused';
}

/** The other side has answered that it cannot take this request now. */
export class RequestPostponed extends Error {
  override readonly name = 'RequestPostponed';
}

export type Connection = {
  /** Asks a service; throws `RequestRefused` for a final no, anything else may be tried again. */
  readonly ask: <Reply>(subject: string, body: unknown, reply: z.ZodType<Reply>) => Promise<Reply>;
  /** Sends without an answer; says false, and sends nothing, while there is no connection. */
  readonly tell: (subject: string, body: unknown) => boolean;
  /** Leaves and comes back, to use a new credential. */
  readonly reconnect: () => void;
  readonly close: () => Promise<void>;
  /** Ends when nats.js will not come back by itself. */
  readonly closed: Promise<void | Error>;
};

export type ConnectionInput = {
  readonly identity: Identity;
  readonly keys: Keys;
  readonly log: Log;
  readonly reconnectWindowMs: number;
  readonly onCommand: (signed: unknown) => CommandReply;
  /** At the first connection and after every reconnect. */
  readonly onConnected: () => void;
};

const REQUEST_TIMEOUT_MS = 10_000;
const FINAL = new Set<Problem['kind']>(['refusal', 'violation', 'not-found', 'forbidden']);

/** When to dial: at once the first time, later anywhere in the window, which grows while nothing answers. */
const createPacing = (windowMs: number, onRefusedSignIn: () => void) => {
  let tries = -1;
  let signedIn = 0;
  let signedInBefore = 0;
  return {
    /** We leave on purpose, for a new credential: come back at once. */
    planned: () => {
      tries = -1;
    },
    connected: () => {
      tries = 0;
      signedInBefore = signedIn;
    },
    /** Asked for a signature at every sign-in, after the broker has greeted us. */
    authenticator: (inner: Authenticator): Authenticator => (nonce) => {
      signedIn += 1;
      return inner(nonce);
    },
    choose: ((pool) => {
      // The broker took our sign-in but we are dialling again without having been connected: it refused it.
      if (signedIn > signedInBefore) {
        signedInBefore = signedIn;
        onRefusedSignIn();
      }
      const delay = tries < 0 ? 0 : reconnectDelay(tries, windowMs);
      tries += 1;
      const [server] = pool;
      return server ? { server, delay } : null;
    }) satisfies ReconnectToServerHandler,
  };
};

const follow = async (nats: NatsConnection, onStatus: (type: string) => void): Promise<void> => {
  for await (const status of nats.status()) onStatus(status.type);
};

const answerOf = <Reply>(message: { json: () => unknown; headers?: { get: (name: string) => string } | undefined }, reply: z.ZodType<Reply>): Reply => {
  if (!message.headers?.get('Citrus-Problem')) return reply.parse(message.json());
  const problem = Problem.parse(message.json());
  const text = `${problem.message} [${problem.code}]`;
  throw FINAL.has(problem.kind) ? new RequestRefused(text) : new RequestPostponed(text);
};

/** nats.js asks for the W3C's interface and uses a part of it. */
const openSocket: WsSocketFactory = (url) => Promise.resolve({ socket: new BrokerSocket(url) as unknown as WebSocket, encrypted: url.startsWith('wss:') });

export const openConnection = async (input: ConnectionInput): Promise<Connection> => {
  const { identity, keys, log } = input;
  const { agentId, natsUrls } = identity.current();
  const pacing = createPacing(input.reconnectWindowMs, () => {
    log.warn('broker.refused_sign_in', {});
    identity.renewNow();
  });
  const nats = await wsconnect({
    servers: natsUrls,
    name: agentId,
    inboxPrefix: subjects.agent.inbox(agentId),
    authenticator: pacing.authenticator((nonce) => ({ jwt: identity.current().natsJwt, nkey: keys.nkey, sig: nonce === undefined ? '' : keys.sign(nonce) })),
    maxReconnectAttempts: -1,
    waitOnFirstConnect: true,
    ignoreAuthErrorAbort: true,
    reconnectDelayHandler: () => 0,
    reconnectToServer: pacing.choose,
    ignoreClusterUpdates: true,
    pingInterval: 20_000,
    maxPingOut: 3,
    timeout: REQUEST_TIMEOUT_MS,
    noEcho: true,
    wsFactory: openSocket,
  });
  let isConnected = true;
  const connected = () => {
    isConnected = true;
    pacing.connected();
    log.info('broker.connected', { server: nats.getServer() });
    input.onConnected();
  };
  void follow(nats, (type) => {
    if (type === 'reconnect') connected();
    else if (['disconnect', 'staleConnection', 'forceReconnect', 'close'].includes(type)) {
      if (isConnected) log.warn('broker.disconnected', { because: type });
      isConnected = false;
    }
  });
  nats.subscribe(subjects.agent.command(agentId), {
    callback: (error, message) => {
      if (error) return log.error('broker.subscription_failed', { reason: describe(error) });
      message.respond(JSON.stringify(input.onCommand(parseJson(message.string()))));
    },
  });
  connected();
  return {
    ask: async (subject, body, reply) => answerOf(await nats.request(subject, JSON.stringify(body), { timeout: REQUEST_TIMEOUT_MS }), reply),
    tell: (subject, body) => {
      if (isConnected) nats.publish(subject, JSON.stringify(body));
      return isConnected;
    },
    reconnect: () => {
      // It is on its way back by itself.
      if (!isConnected) return;
      pacing.planned();
      void nats.reconnect();
    },
    close: () => nats.close(),
    closed: nats.closed(),
  };
};

/** What is not JSON is not a command; `commands.ts` says so in its answer. */
const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
