/**
 * A service's way to the audit: entries wait here until the broker has acknowledged them, and are tried again until then.
 * Nobody waits for it, because an audit that is away must not stop the work; but what does not fit is said aloud.
 */
import { AuditEntry, subjects, type ServiceName } from '@citrus/contracts';
import type { Clock } from '@citrus/kit-domain';
import { jetstream, type JetStreamClient } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/nats-core';
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from './logger.ts';
import { createThrottle } from './throttle.ts';

export type Audited = Omit<AuditEntry, 'id' | 'at' | 'service'>;
export type AuditTrailOptions = {
  readonly nats: NatsConnection;
  readonly service: ServiceName;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How many were handed over, or lost because too many waited. */
  readonly count?: (result: 'kept' | 'lost', entries: number) => void;
  /** How many may wait. */
  readonly most?: number;
  /** How long a stop tries to hand over what still waits. */
  readonly stopWithinMs?: number;
};

const MOST = 10_000;
const AT_ONCE = 64;
const ACK_WITHIN_MS = 5000;
const AGAIN_AFTER_MS = 500;
const STOP_WITHIN_MS = 1500;

export class AuditTrail {
  readonly #options: AuditTrailOptions;
  readonly #stream: JetStreamClient;
  readonly #mayTell = createThrottle();
  #waiting: AuditEntry[] = [];
  /** Taken out of `#waiting`, not acknowledged yet. */
  #inFlight = 0;
  #sending: Promise<void> | undefined;
  readonly #stopping = new AbortController();

  constructor(options: AuditTrailOptions) {
    this.#options = options;
    this.#stream = jetstream(options.nats);
  }

  get waiting(): number {
    return this.#waiting.length + this.#inFlight;
  }

  /** Never throws, and never waits. */
  tell(audited: Audited): void {
    const { service, clock, most = MOST } = this.#options;
    const entry = { ...audited, id: randomUUID(), at: clock().toISOString(), service };
    const parsed = AuditEntry.safeParse(entry);
    if (!parsed.success) return this.#lose([entry], 'it is not an entry');
    if (this.waiting >= most) return this.#lose([parsed.data], `${most} entries wait for NATS already`);
    this.#waiting.push(parsed.data);
    this.#sending ??= this.#send().finally(() => (this.#sending = undefined));
  }

  /** Hands over what waits, for as long as a stop may take; what is left then is told in the log. */
  async stop(): Promise<void> {
    const late = setTimeout(() => this.#stopping.abort(), this.#options.stopWithinMs ?? STOP_WITHIN_MS);
    await this.#sending;
    clearTimeout(late);
    if (this.#waiting.length > 0) this.#lose(this.#waiting.splice(0), 'the process stops and NATS did not take it');
  }

  async #send(): Promise<void> {
    while (this.#waiting.length > 0 && !this.#stopping.signal.aborted) {
      const batch = this.#waiting.splice(0, AT_ONCE);
      this.#inFlight = batch.length;
      const results = await Promise.allSettled(batch.map((entry) => this.#publish(entry)));
      const left = batch.filter((_, index) => results[index]?.status === 'rejected');
      this.#inFlight = 0;
      this.#waiting = [...left, ...this.#waiting];
      if (left.length < batch.length) this.#options.count?.('kept', batch.length - left.length);
      if (left.length > 0) await this.#rest(results.find((result) => result.status === 'rejected')?.reason);
    }
  }

  async #publish(entry: AuditEntry): Promise<void> {
    await this.#stream.publish(subjects.audit(entry.service), JSON.stringify(entry), { msgID: entry.id ?? '', timeout: ACK_WITHIN_MS });
  }

  async #rest(reason: unknown): Promise<void> {
    if (this.#mayTell('rest')) this.#options.logger.warn({ event: 'audit.unreachable', waiting: this.waiting, err: reason }, 'the audit cannot be handed over to NATS (stream AUDIT); trying again');
    // An aborted wait only means that the process stops.
    await delay(AGAIN_AFTER_MS, undefined, { signal: this.#stopping.signal }).catch((error: unknown) => {
      if (!this.#stopping.signal.aborted) throw error;
    });
  }

  #lose(entries: readonly AuditEntry[], why: string): void {
    this.#options.count?.('lost', entries.length);
    for (const entry of entries.slice(0, AT_ONCE)) {
      if (this.#mayTell('lost')) this.#options.logger.error({ event: 'audit.lost', entry, lost: entries.length }, `an audit entry is lost: ${why}`);
    }
  }
}
