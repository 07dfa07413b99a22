/**
 * Ends what must end before its time, at the edge: sessions, API tokens, and roles that somebody no longer has. Auth's
 * events are the doorbell; what is behind it is asked for, at the start, after a lost connection and every other second
 * too, so a bell that was missed costs two seconds. While auth cannot be asked, what is known goes on to count: nobody can
 * end a session then either (ADR 0018).
 */
import { REVOKING_EVENTS, readRevocations, subjects, type Caller } from '@citrus/contracts';
import { Unauthenticated, Unavailable } from '@citrus/kit-domain';
import type { Logger, Requests } from '@citrus/kit-messaging';
import { LOGGER, NATS, READINESS, REQUESTS, type Readiness } from '@citrus/kit-service';
import type { NatsConnection } from '@nats-io/nats-core';
import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap, type OnModuleInit } from '@nestjs/common';
import { claimsIn } from '../http/claims.ts';
import { onReconnect } from '../live/reconnect.ts';
import { RevocationList, type Bearer } from './revocation-list.ts';

const ASK_EVERY_MS = 2000;

/** A token is verified once and gives the same caller until it runs out (ADR 0038); it is not taken apart for each request either. */
const bearers = new WeakMap<Caller, { readonly token: string; readonly bearer: Bearer }>();

const bearerOf = (caller: Caller, token: string): Bearer => {
  const known = bearers.get(caller);
  if (known?.token === token) return known.bearer;
  const { credentialId, userId } = caller;
  const bearer = { credentialId, userId, position: claimsIn(token).pos ?? 0 };
  bearers.set(caller, { token, bearer });
  return bearer;
};

const ended = () => new Unauthenticated('This sign-in was ended; sign in again.', 'session.ended');
const outdated = () => new Unauthenticated('What you may do has changed since this access token was made; renew it and try again.', 'session.outdated');

export type Watch = { readonly signal: AbortSignal; readonly stop: () => void };

@Injectable()
export class Revocations implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #list = new RevocationList();
  readonly #watchers = new Set<{ readonly bearer: Bearer; readonly over: AbortController }>();
  readonly #listeners = new Set<() => void>();
  #position: number | undefined;
  #asking: Promise<void> | undefined;
  #next: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #said = '';

  constructor(
    @Inject(NATS) private readonly nats: NatsConnection,
    @Inject(REQUESTS) private readonly requests: Requests,
    @Inject(READINESS) private readonly readiness: Readiness,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onModuleInit(): void {
    this.readiness.add('revocations', async () => (this.#position === undefined ? `it is not known which sign-ins were ended (${this.#said || 'asking the auth service'})` : undefined));
  }

  async onApplicationBootstrap(): Promise<void> {
    this.nats.subscribe(subjects.eventsOf('auth'), {
      callback: (error, { subject }) => void (!error && Object.hasOwn(REVOKING_EVENTS, subject.split('.').at(-1) ?? '') && void this.hear()),
    });
    void onReconnect(this.nats, () => void this.hear());
    this.#timer = setInterval(() => void this.hear(), ASK_EVERY_MS);
    await this.hear();
  }

  beforeApplicationShutdown(): void {
    clearInterval(this.#timer);
  }

  /**
   * @throws Unauthenticated `session.ended` or `session.outdated`
   * @throws Unavailable while nothing is known yet
   */
  check(caller: Caller, token: string): void {
    if (this.#position === undefined) throw new Unavailable('The hub does not know yet which sign-ins were ended; try again in a moment.');
    const verdict = this.#list.verdictOn(bearerOf(caller, token));
    if (verdict) throw verdict === 'ended' ? ended() : outdated();
  }

  /** For what goes on after the check: its signal aborts, with the reason, when the token is no longer good. */
  watch(caller: Caller, token: string): Watch {
    const watcher = { bearer: bearerOf(caller, token), over: new AbortController() };
    this.#watchers.add(watcher);
    this.#tell(watcher);
    return { signal: watcher.over.signal, stop: () => void this.#watchers.delete(watcher) };
  }

  /** Called whenever something may have been learnt. */
  onNews(listener: () => void): void {
    this.#listeners.add(listener);
  }

  /** Resolves when everything is known that was in auth's log when this was called. @throws Unavailable */
  catchUp(): Promise<void> {
    if (!this.#asking) return (this.#asking = this.#ask().finally(() => (this.#asking = undefined)));
    // What is under way may have been asked before: one more, shared by all who come meanwhile.
    const again = () => {
      this.#next = undefined;
      return this.catchUp();
    };
    return (this.#next ??= this.#asking.then(again, again));
  }

  /** As `catchUp`, but nobody is told when it fails: it is tried again soon by itself. */
  async hear(): Promise<void> {
    try {
      await this.catchUp();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (reason !== this.#said && !this.nats.isClosed()) this.logger.warn({ event: 'revocations.unread', reason }, 'cannot ask which sign-ins were ended; asking again');
      this.#said = reason;
    }
  }

  async #ask(): Promise<void> {
    for (let isMore = true; isMore; ) {
      const told = await this.requests.call(readRevocations, { after: this.#position ?? 0 });
      this.#list.learn(told, Date.now());
      isMore = told.position < told.head;
      this.#position = told.position;
      if (told.ended.length + told.outdated.length > 0) this.#spread();
    }
    this.#said = '';
  }

  #spread(): void {
    for (const watcher of this.#watchers) this.#tell(watcher);
    for (const listener of this.#listeners) listener();
  }

  #tell({ bearer, over }: { readonly bearer: Bearer; readonly over: AbortController }): void {
    const verdict = this.#list.verdictOn(bearer);
    if (verdict) over.abort(verdict === 'ended' ? ended() : outdated());
  }

  /** Whether a token is still good, for what is kept of it elsewhere. */
  isGood(caller: Pick<Caller, 'credentialId' | 'userId'>, token: string): boolean {
    return this.#list.verdictOn({ ...caller, position: claimsIn(token).pos ?? 0 }) === undefined;
  }
}
