/** Calling another process: one request, one parsed answer, and the same errors as if it were a local call. */
import { Problem, type RequestDefinition } from '@citrus/contracts';
import { errorOf, Unavailable } from '@citrus/kit-domain';
import { headers, RequestError, TimeoutError, type Msg, type NatsConnection } from '@nats-io/nats-core';
import type { Movable } from './hand-over.ts';
import { HEADERS, headerOf, parseAs } from './wire.ts';

/** What came with an answer, beside it. */
export type Told = {
  readonly service: string;
  /** The answer is not older than this position of the service's log; undefined where it has none. */
  readonly asOf: number | undefined;
  /** What the request has written can be read at this position. */
  readonly upTo: number | undefined;
  readonly bytes: number;
};

export type CallOptions = {
  /** The caller's access token, passed on so that the service can verify it again. */
  readonly token?: string | undefined;
  readonly correlationId?: string | undefined;
  readonly traceparent?: string | undefined;
  /** Of the event that makes us ask, for requests between services. */
  readonly causationId?: string | undefined;
  readonly timeoutMs?: number;
  /** For definitions whose subject has a wildcard (`agent.*.sync`). */
  readonly subject?: string;
  /** Called before the answer is given back. */
  readonly told?: ((told: Told) => void) | undefined;
};

export type Requests = {
  /** @throws what the other side threw, or Unavailable when nobody answers in time. */
  call<Input, Reply>(definition: RequestDefinition<Input, Reply>, input: Input, options?: CallOptions): Promise<Reply>;
};

const headersOf = ({ token, correlationId, traceparent, causationId }: CallOptions) => {
  const carried = headers();
  if (token) carried.set(HEADERS.token, token);
  if (correlationId) carried.set(HEADERS.correlationId, correlationId);
  if (traceparent) carried.set(HEADERS.traceparent, traceparent);
  if (causationId) carried.set(HEADERS.causationId, causationId);
  return carried;
};

/** `rpc.auth.session.login` → `auth`: whom to name when nobody answers. */
const serviceOf = (subject: string) => subject.split('.')[1] ?? subject;

const positionIn = (message: Msg, name: string): number | undefined => {
  const text = headerOf(message, name);
  return text === undefined || !/^\d{1,15}$/.test(text) ? undefined : Number(text);
};

const unavailable = (error: unknown, subject: string, timeoutMs: number) => {
  if (error instanceof RequestError && error.isNoResponders()) return new Unavailable(`The ${serviceOf(subject)} service is not answering right now; try again in a moment.`, { cause: error });
  if (error instanceof TimeoutError || (error instanceof Error && error.cause instanceof TimeoutError)) return new Unavailable(`The ${serviceOf(subject)} service did not answer within ${timeoutMs} ms; try again in a moment.`, { cause: error });
  return new Unavailable(`The ${serviceOf(subject)} service cannot be reached over NATS; try again in a moment.`, { cause: error });
};

/** @param timeoutMs where a call does not say how long it waits */
export const createRequests = (nc: NatsConnection, { timeoutMs: usualTimeoutMs = 5000 } = {}): Requests & Movable => {
  let current = nc;
  let underWay = new Set<Promise<Msg>>();
  const ask = async (...request: Parameters<NatsConnection['request']>): Promise<Msg> => {
    const [among, asking] = [underWay, current.request(...request)];
    among.add(asking);
    try {
      return await asking;
    } finally {
      among.delete(asking);
    }
  };
  return {
    call: async (definition, input, options = {}) => {
      const subject = options.subject ?? definition.subject;
      const timeoutMs = options.timeoutMs ?? usualTimeoutMs;
      let message: Msg;
      try {
        message = await ask(subject, JSON.stringify(input), { timeout: timeoutMs, headers: headersOf(options) });
      } catch (error) {
        throw unavailable(error, subject, timeoutMs);
      }
      if (headerOf(message, HEADERS.problem)) throw errorOf(parseAs(Problem, message.json(), `The refusal from ${subject}`));
      const reply = parseAs(definition.reply, message.json(), `The answer from ${subject}`);
      options.told?.({ service: serviceOf(subject), asOf: positionIn(message, HEADERS.asOf), upTo: positionIn(message, HEADERS.upTo), bytes: message.data.length });
      return reply;
    },
    moveTo: async (nats) => {
      const before = underWay;
      [current, underWay] = [nats, new Set()];
      await Promise.allSettled(before);
    },
  };
};
