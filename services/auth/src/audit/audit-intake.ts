/** Follows the stream AUDIT with one durable consumer for all replicas: at least once, acknowledged after the commit. */
import { setTimeout as delay } from 'node:timers/promises';
import { AUDIT_STREAM, cameOutOfStream } from '@citrus/contracts';
import { inPages } from '@citrus/kit-event-store';
import type { Logger } from '@citrus/kit-messaging';
import { AckPolicy, DeliverPolicy, jetstream, JetStreamApiCodes, JetStreamApiError, jetstreamManager, type ConsumerMessages, type JsMsg } from '@nats-io/jetstream';
import { nanos, type NatsConnection } from '@nats-io/nats-core';
import { entryOf, type Entry } from './audited-message.ts';
import type { AuditKeeper } from './audit-keeper.ts';

const CONSUMER = 'auth-audit';
const AT_ONCE = 256;
const AGAIN_AFTER_MS = 1000;
const ACK_WITHIN_MS = 30_000;
/** Where much is done, entries are written so much later, together; until then the broker has them. */
const GATHER_MS = 500;

export type IntakeParts = { readonly nats: NatsConnection; readonly keeper: AuditKeeper; readonly logger: Logger; readonly tellEveryMs?: number };

export class AuditIntake {
  readonly #stopping = new AbortController();
  #messages: ConsumerMessages | undefined;
  #running: Promise<unknown> = Promise.resolve();

  constructor(private readonly parts: IntakeParts) {}

  start(): void {
    const { keeper, tellEveryMs = 5000 } = this.parts;
    this.#running = Promise.all([this.#again('the audit', AGAIN_AFTER_MS, () => this.#consume()), this.#again('counted refusals', tellEveryMs, () => keeper.tellRefusals())]);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#messages?.stop();
    await this.#running;
  }

  async #again(name: string, everyMs: number, work: () => Promise<void>): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        await work();
      } catch (error) {
        this.parts.logger.warn({ event: 'audit.failed', err: error }, `${name} could not be kept and is tried again`);
      }
      await delay(everyMs, undefined, { signal }).catch((error: unknown) => {
        if (!signal.aborted) throw error;
      });
    }
  }

  /** Until the stream or our consumer goes away, or we stop. */
  async #consume(): Promise<void> {
    await this.#ensureConsumer();
    const consumer = await jetstream(this.parts.nats).consumers.get(AUDIT_STREAM, CONSUMER);
    if (this.#stopping.signal.aborted) return;
    this.#messages = await consumer.consume({ max_messages: AT_ONCE, abort_on_missing_resource: true });
    for await (const page of inPages(this.#messages, { most: AT_ONCE, everyMs: GATHER_MS })) await this.#keepAll(page);
  }

  /** In one commit; each by itself when that fails, so that nobody waits for one that cannot be kept. */
  async #keepAll(messages: readonly JsMsg[]): Promise<void> {
    const parsed = messages.flatMap((message) => {
      const entry = this.#parse(message);
      if (!entry) message.term('not an entry');
      return entry ? [{ message, entry }] : [];
    });
    try {
      await this.parts.keeper.keepAll(parsed.map(({ entry }) => entry));
      for (const { message } of parsed) message.ack();
    } catch {
      await Promise.all(parsed.map((each) => this.#keep(each)));
    }
  }

  async #ensureConsumer(): Promise<void> {
    const { consumers } = await jetstreamManager(this.parts.nats, { checkAPI: false });
    try {
      await consumers.info(AUDIT_STREAM, CONSUMER);
    } catch (error) {
      if (!(error instanceof JetStreamApiError) || error.code !== JetStreamApiCodes.ConsumerNotFound) throw error;
      await consumers.add(AUDIT_STREAM, { durable_name: CONSUMER, ack_policy: AckPolicy.Explicit, deliver_policy: DeliverPolicy.All, ack_wait: nanos(ACK_WITHIN_MS), max_ack_pending: 4 * AT_ONCE });
    }
  }

  /** Never throws. What could not be written comes again. */
  async #keep({ message, entry }: { readonly message: JsMsg; readonly entry: Entry }): Promise<void> {
    const { keeper, logger } = this.parts;
    try {
      await keeper.keep(entry);
      message.ack();
    } catch (error) {
      logger.warn({ event: 'audit.unkept', entry_id: entry.id, err: error }, 'an audit entry could not be written; the broker keeps it and delivers it again');
      message.nak(AGAIN_AFTER_MS);
    }
  }

  /** What is no entry is told in the log, and given up. */
  #parse(message: JsMsg): Entry | undefined {
    const { subject, seq: sequence, info } = message;
    try {
      return entryOf({ cameOutOfStream: cameOutOfStream(message), subject, sequence, body: message.json(), timestampMs: Math.floor(info.timestampNanos / 1_000_000) });
    } catch (error) {
      this.parts.logger.error({ event: 'audit.invalid', subject, sequence, err: error }, 'a message of the audit is not an entry; look at the service that published it');
      return undefined;
    }
  }
}
