/**
 * Nest's way in for requests over NATS, on our own connection. Why not the built-in transport: it takes any body with a
 * top-level `data` for its own envelope and so misreads `{ id, type, data }`, and it cannot leave its queue groups while
 * the process is not ready, so that callers would wait for a timeout instead of asking another replica.
 */
import { cameOutOfStream, subjects, type AuditEntry, type Problem, type RequestDefinition, type ServiceName } from '@citrus/contracts';
import { Forbidden, problemOf } from '@citrus/kit-domain';
import { headers, type Msg, type NatsConnection, type Subscription } from '@nats-io/nats-core';
import { Server, type CustomTransportStrategy, type MessageHandler } from '@nestjs/microservices';
import { randomUUID } from 'node:crypto';
import { isObservable, lastValueFrom } from 'rxjs';
import { Impersonation, identify, type Authenticate } from './access.ts';
import type { Movable } from './hand-over.ts';
import type { Logger } from './logger.ts';
import type { RequestContext } from './on-request.ts';
import { createThrottle } from './throttle.ts';
import { bodyOf, headerOf, HEADERS, parseAs, problemText } from './wire.ts';

export type Observed = { readonly subject: string; readonly outcome: 'ok' | ReturnType<typeof problemOf>['kind']; readonly seconds: number };

export type RequestServerOptions = {
  readonly nats: NatsConnection;
  readonly queue: ServiceName;
  readonly authenticate: Authenticate;
  readonly logger?: Logger;
  readonly observe?: (observed: Observed) => void;
  /** False: stay out of the queue groups until `setReady(true)`. */
  readonly readyAtStart?: boolean;
  /** How much of the service's own log can be read; it may be told less than that, never more. */
  readonly position?: () => number | undefined;
};

/** Read before the work began, an answer cannot be older; read when it is done, what it wrote can be read at the second. */
const positionsOf = (before: number | undefined, after: number | undefined) => {
  if (before === undefined) return undefined;
  const told = headers();
  told.set(HEADERS.asOf, String(before));
  if (after !== undefined) told.set(HEADERS.upTo, String(after));
  return { headers: told };
};

type Binding = { readonly definition: RequestDefinition; readonly handle: MessageHandler };

const isAmong = (subject: string, pattern: string): boolean => {
  const [tokens, wanted] = [subject.split('.'), pattern.split('.')];
  return wanted.every((token, index) => token === '>' || token === '*' || token === tokens[index]) && (wanted.at(-1) === '>' || wanted.length === tokens.length);
};

/**
 * The rights to publish on a subject say who may ask. Who may read a stream can have the broker deliver its messages
 * here without that right: JetStream then keeps their own subject, or marks them.
 */
const requireSentHere = (message: Msg, { subject }: RequestDefinition): void => {
  if (cameOutOfStream(message) || !isAmong(message.subject, subject)) throw new Forbidden('The request came out of a stream instead of from who may ask.', 'request.not_sent_here');
};

export class RequestServer extends Server implements CustomTransportStrategy, Movable {
  readonly #options: RequestServerOptions;
  readonly #bindings = new Map<string, Binding>();
  readonly #inFlight = new Set<Promise<void>>();
  readonly #mayTell = createThrottle();
  #nats: NatsConnection;
  #subscriptions: Subscription[] = [];
  #isListening = false;
  #isReady: boolean;

  constructor(options: RequestServerOptions) {
    super();
    this.#options = options;
    this.#nats = options.nats;
    this.#isReady = options.readyAtStart ?? true;
  }

  override addHandler(pattern: unknown, handle: MessageHandler, isEvent = false, extras: Record<string, unknown> = {}): void {
    const definition = extras['definition'] as RequestDefinition | undefined;
    if (isEvent || !definition) throw new Error(`${String(pattern)}: handlers of this server are declared with @OnRequest(definition)`);
    if (this.#bindings.has(definition.subject)) throw new Error(`two handlers answer ${definition.subject}`);
    this.#bindings.set(definition.subject, { definition, handle });
  }

  listen(callback: () => void): void {
    this.#isListening = true;
    this.#joinOrLeave();
    callback();
  }

  /** An unready replica leaves its queue groups: callers reach another one, or hear at once that there is none. */
  setReady(isReady: boolean): void {
    this.#isReady = isReady;
    this.#joinOrLeave();
  }

  /** On the new connection first, so that there is always somebody who answers. */
  async moveTo(nats: NatsConnection): Promise<void> {
    const [leaving, answering] = [this.#subscriptions, this.#nats];
    this.#nats = nats;
    this.#subscriptions = [];
    this.#joinOrLeave();
    if (!nats.isClosed()) await nats.flush();
    if (!answering.isClosed()) await Promise.all(leaving.map((subscription) => subscription.drain()));
    await Promise.all(this.#inFlight);
    if (!answering.isClosed()) await answering.flush();
  }

  #joinOrLeave(): void {
    const isIn = this.#subscriptions.length > 0;
    const isWanted = this.#isListening && this.#isReady;
    if (isWanted && !isIn) this.#subscriptions = [...this.#bindings.values()].map((binding) => this.#subscribe(binding));
    if (!isWanted && isIn) void this.#leave();
  }

  #subscribe(binding: Binding): Subscription {
    return this.#nats.subscribe(binding.definition.subject, {
      queue: this.#options.queue,
      callback: (error, message) => {
        if (error) {
          this.#options.logger?.error({ event: 'request.subscription_failed', subject: binding.definition.subject, reason: error.message }, 'cannot answer this subject; check the NATS permissions of this service');
          return;
        }
        this.#track(this.#answer(message, binding));
      },
    });
  }

  /** Answers run side by side: a slow one holds up nobody. `close` waits for all of them. */
  #track(answering: Promise<void>): void {
    this.#inFlight.add(answering);
    void answering.finally(() => this.#inFlight.delete(answering));
  }

  async #answer(message: Msg, binding: Binding): Promise<void> {
    const startedAt = performance.now();
    const correlationId = headerOf(message, HEADERS.correlationId) ?? randomUUID();
    const observe = (outcome: Observed['outcome']) => this.#options.observe?.({ subject: binding.definition.subject, outcome, seconds: (performance.now() - startedAt) / 1000 });
    const before = this.#options.position?.();
    try {
      const reply = JSON.stringify((await this.#handle(message, binding, correlationId)) ?? {});
      if (message.reply) message.respond(reply, positionsOf(before, this.#options.position?.()));
      observe('ok');
    } catch (error) {
      const problem = problemOf(error);
      observe(problem.kind);
      if (problem.kind === 'bug') this.#options.logger?.error({ event: 'request.failed', subject: message.subject, correlation_id: correlationId, err: error }, 'a request handler failed');
      if (error instanceof Impersonation) this.#audit(message, error);
      this.#refuse(message, problem);
    }
  }

  /** Never throws: an answer that cannot be sent leaves a caller waiting, but must not end the process. */
  #refuse(message: Msg, problem: Problem): void {
    if (!message.reply || this.#nats.isClosed()) return;
    const marked = headers();
    marked.set(HEADERS.problem, '1');
    try {
      message.respond(problemText(problem), { headers: marked });
    } catch (error) {
      this.#options.logger?.error({ event: 'request.unanswered', subject: message.subject, err: error }, 'a refusal could not be sent');
    }
  }

  async #handle(message: Msg, { definition, handle }: Binding, correlationId: string): Promise<unknown> {
    requireSentHere(message, definition);
    const body = bodyOf(message);
    const token = headerOf(message, HEADERS.token);
    const traceparent = headerOf(message, HEADERS.traceparent);
    const causationId = definition.access.by === 'service' ? headerOf(message, HEADERS.causationId) : undefined;
    const identity = await identify(definition.access, { subject: message.subject, token, input: body }, this.#options.authenticate);
    const input = parseAs(definition.input, body, 'The request');
    const context: RequestContext = { ...identity, subject: message.subject, correlationId, ...(token && { token }), ...(traceparent && { traceparent }), ...(causationId && { causationId }) };
    const outcome: unknown = await handle(input, context);
    return isObservable(outcome) ? await lastValueFrom(outcome) : outcome;
  }

  #audit(message: Msg, refused: Impersonation): void {
    const { queue: service } = this.#options;
    if (!this.#mayTell(refused.agentId)) return;
    const entry: AuditEntry = { at: new Date().toISOString(), service, action: 'agent.impersonate', outcome: 'refused', actor: { kind: 'agent', id: refused.agentId }, reason: `${refused.message} Subject: ${message.subject}` };
    this.#nats.publish(subjects.audit(service), JSON.stringify(entry));
  }

  /** Drained, not cut: what the broker has already given us is still answered. */
  async #leave(): Promise<void> {
    const [leaving, nats] = [this.#subscriptions, this.#nats];
    this.#subscriptions = [];
    if (!nats.isClosed()) await Promise.all(leaving.map((subscription) => subscription.drain()));
  }

  async close(): Promise<void> {
    this.#isListening = false;
    await this.#leave();
    await Promise.all(this.#inFlight);
  }

  on(): never {
    throw new Error('the NATS connection belongs to the process; follow its status there');
  }

  unwrap(): never {
    throw new Error('the NATS connection belongs to the process; inject NATS');
  }
}
