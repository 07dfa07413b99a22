/**
 * Answers of services, kept for those who ask the same again: each for the one person (or program) with the roles that asked,
 * as long as nothing was heard that may have changed it. Only questions are kept whose answers come from a log's read models
 * alone; what else goes into a reply (who is online) is put together anew each time. ADR 0038.
 */
import { LoggedService, type Caller, type LogVector, type RequestDefinition } from '@citrus/contracts';
import type { Requests, Told } from '@citrus/kit-messaging';
import { NATS, REGISTRY, REQUESTS } from '@citrus/kit-service';
import type { NatsConnection } from '@nats-io/nats-core';
import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Counter, type Registry } from 'prom-client';
import { LiveEvents } from '../event/live-events.ts';
import type { Visit } from '../http/visit.ts';
import { Changes } from './changes.ts';
import { Heard } from './heard.ts';
import { Kept } from './kept.ts';

/** Of JSON as it came; in memory it takes about four times as much. */
const MOST_BYTES = 16 * 1024 * 1024;
/** For what nobody tells: a connection that is dead and not yet known to be. */
const KEPT_MS = 15_000;
/** After (re)connecting: what was told just before may not be shown by its service yet, and was not heard here. */
const LISTENED_MS = 2000;

type Answer = { readonly reply: unknown; readonly asOf: number; readonly askedAt: number; readonly untilMs: number };
/** `isSettled`: false for a reply that changes without an event. */
export type Asked<Input, Reply> = { readonly definition: RequestDefinition<Input, Reply>; readonly input: Input & { readonly projectId: string }; readonly isSettled?: (reply: Reply) => boolean };

/** Two sign-ins of one person with the same roles are one caller. */
const whoIs = ({ userId, memberships, isAdministrator, signedInBy, isFactorDue }: Caller): string => JSON.stringify([userId, memberships, isAdministrator, signedInBy, isFactorDue ?? false]);

@Injectable()
export class Answers implements OnApplicationBootstrap {
  readonly #kept = new Kept<Answer>(MOST_BYTES);
  readonly #heard = new Heard();
  readonly #changes = new Changes();
  readonly #who = new WeakMap<Caller, string>();
  readonly #asked: Counter;
  #listeningSince = Infinity;

  constructor(
    @Inject(REQUESTS) private readonly requests: Requests,
    @Inject(NATS) private readonly nats: NatsConnection,
    @Inject(LiveEvents) private readonly live: LiveEvents,
    @Inject(REGISTRY) registry: Registry,
  ) {
    this.#asked = new Counter({ name: 'citrus_answers_total', help: 'Questions to services that may be answered from memory', labelNames: ['from'], registers: [registry] });
  }

  onApplicationBootstrap(): void {
    this.live.listen(({ service, event }) => (event ? this.#heard.learn(service, event) : this.#lost()));
    this.#listeningSince = performance.now();
    void this.#followConnection();
  }

  /** As `requests.call`, or what it gave before and would give again. */
  async ask<Input, Reply>({ definition, input, isSettled }: Asked<Input, Reply>, visit: Visit): Promise<Reply> {
    const key = [definition.subject, this.#callerKey(visit.caller), JSON.stringify(input)].join('\n');
    const service = LoggedService.parse(definition.subject.split('.')[1]);
    const known = this.#kept.get(key);
    if (known && this.#isGood(known, { service, projectId: input.projectId, after: visit.after })) {
      this.#asked.inc({ from: 'memory' });
      return known.reply as Reply;
    }
    this.#asked.inc({ from: 'service' });
    const [askedAt, startedMs] = [this.#changes.now, performance.now()];
    const came: { told?: Told } = {};
    const reply = await this.requests.call(definition, input, { ...visit.carried, told: (told) => (came.told = told) });
    const { asOf, bytes = 0 } = came.told ?? {};
    const isKept = asOf !== undefined && startedMs - this.#listeningSince > LISTENED_MS && (isSettled?.(reply) ?? true);
    if (isKept) this.#kept.set(key, { reply, asOf, askedAt, untilMs: startedMs + KEPT_MS }, bytes + key.length);
    else this.#kept.delete(key);
    return reply;
  }

  /** Somebody changed something, or may have: who asks from now on sees it. */
  changed(projectId: string | undefined): void {
    this.#changes.ended(projectId);
  }

  #isGood({ asOf, askedAt, untilMs }: Answer, { service, projectId, after }: { service: LoggedService; projectId: string; after: LogVector }): boolean {
    return performance.now() < untilMs && asOf >= (after[service] ?? 0) && this.#changes.isSince(projectId, askedAt) && this.#heard.isCurrent(service, projectId, asOf);
  }

  #callerKey(caller: Caller): string {
    const known = this.#who.get(caller) ?? whoIs(caller);
    this.#who.set(caller, known);
    return known;
  }

  async #followConnection(): Promise<void> {
    for await (const { type } of this.nats.status()) if (type === 'disconnect' || type === 'reconnect') this.#lost();
  }

  /** Nothing that was asked for until now is given any more. */
  #lost(): void {
    this.#listeningSince = performance.now();
    this.#heard.forget();
    this.#changes.ended(undefined);
    this.#kept.clear();
  }
}
