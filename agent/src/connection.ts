/**
 * The one connection to the broker: NATS over WebSocket, outbound only. nats.js gives up by default after ten tries or
 * two refused sign-ins and makes its first retry at once; all three would hurt a fleet, so each is set here.
 */
import { Problem, subjects, type CommandReply } from '@citrus/contracts';
import { wsconnect, type NatsConnection, type ReconnectToServerHandler, type WsSocketFactory } from '@nats-io/nats-core';
import type { z } from 'zod';
import type { Identity } from './identity.ts';
import type { Keys } from './keys.ts';
import { describe, type Log } from './log.ts';
import { becameOf, createPacing, type Pacing } from './pacing.ts';
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
  readonly isConnected: () => boolean;
  /** Ends when nats.js will not come back by itself. */
  readonly closed: Promise<void | Error>;
};

export type ConnectionInput = {
  readonly identity: Identity;
  readonly keys: Keys;
  readonly log: Log;
  /** Over how long those who lost the broker together come back. */
  readonly reconnectWindowMs: () => number;
  readonly onCommand: (signed: unknown) => CommandReply;
  /** At the first connection and after every reconnect. */
  readonly onConnected: () => void;
};

const REQUEST_TIMEOUT_MS = 10_000;
/**
 * Longer than a broker waits for a sign-in: when a whole fleet comes back, who leaves a dial that goes on has the broker do
 * the work twice, and it gets slower still for everybody.
 */
const DIAL_TIMEOUT_MS = 30_000;
const FINAL = new Set<Problem['kind']>(['refusal', 'violation', 'not-found', 'forbidden']);

/** What nats.js asks before each dial. What became of the one before is told by its socket. */
const chooseBy = (pacing: Pacing, { lastDial, onRefused }: { lastDial: () => BrokerSocket | undefined; onRefused: (complaint: string) => void }): ReconnectToServerHandler => {
  let judged: BrokerSocket | undefined;
  return (pool) => {
    const dial = lastDial();
    if (dial && dial !== judged && !dial.wasConnected) {
      const dialled = becameOf(dial);
      pacing.failed(dialled);
      if (dialled === 'refused') onRefused(dial.complaint ?? '');
    }
    judged = dial;
    const [server] = pool;
    return server ? { server, delay: pacing.nextIn() } : null;
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
const createDialling = () => {
  let last: BrokerSocket | undefined;
  const open: WsSocketFactory = (url) => {
    last = new BrokerSocket(url);
    return Promise.resolve({ socket: last as unknown as WebSocket, encrypted: url.startsWith('wss:') });
  };
  return { open, last: () => last };
};

export const openConnection = async (input: ConnectionInput): Promise<Connection> => {
  const { identity, keys, log } = input;
  const { agentId, natsUrls } = identity.current();
  const pacing = createPacing(input.reconnectWindowMs);
  const dialling = createDialling();
  const onRefused = (reason: string) => {
    log.warn('broker.refused_sign_in', { reason });
    identity.renewNow();
  };
  const nats = await wsconnect({
    servers: natsUrls,
    name: agentId,
    inboxPrefix: subjects.agent.inbox(agentId),
    authenticator: (nonce) => ({ jwt: identity.current().natsJwt, nkey: keys.nkey, sig: nonce === undefined ? '' : keys.sign(nonce) }),
    maxReconnectAttempts: -1,
    waitOnFirstConnect: true,
    ignoreAuthErrorAbort: true,
    reconnectDelayHandler: () => 0,
    reconnectToServer: chooseBy(pacing, { lastDial: dialling.last, onRefused }),
    ignoreClusterUpdates: true,
    pingInterval: 20_000,
    maxPingOut: 3,
    timeout: DIAL_TIMEOUT_MS,
    noEcho: true,
    wsFactory: dialling.open,
  });
  let isConnected = true;
  const connected = () => {
    isConnected = true;
    pacing.connected();
    const socket = dialling.last();
    if (socket) socket.wasConnected = true;
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
    isConnected: () => isConnected,
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
