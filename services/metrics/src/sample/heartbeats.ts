/**
 * Hears every heartbeat (one replica each) and keeps it as a sample. Beats are gathered and written in one transaction;
 * while the database is away the newest are kept for a while and the rest is lost: a sample is no fact of the history.
 */
import { agentIdOfSubject, AnyHeartbeat, subjects, cameOutOfStream } from '@citrus/contracts';
import type { Clock } from '@citrus/kit-domain';
import { createThrottle, type Logger } from '@citrus/kit-messaging';
import type { Msg, NatsConnection, Subscription } from '@nats-io/nats-core';
import { every, type Repeated } from '../repeated.ts';
import type { HeardBeat, SampleStore } from './sample.store.ts';

const WRITE_EVERY_MS = 500;
const MOST_KEPT = 20_000;
/** PostgreSQL takes 65,535 parameters in a statement, and a sample has eleven. */
const MOST_WRITTEN_AT_ONCE = 5000;

type Options = { readonly nats: NatsConnection; readonly samples: SampleStore; readonly clock: Clock; readonly logger: Logger };

export class Heartbeats {
  #heard: HeardBeat[] = [];
  readonly #mayTell = createThrottle();
  /** An honest agent beats every ten seconds; one that beats all the time must not fill the disk, nor push out the others. */
  readonly #mayBeat = createThrottle();
  readonly #subscription: Subscription;
  readonly #writing: Repeated;

  constructor(private readonly options: Options) {
    const { nats, logger } = options;
    this.#subscription = nats.subscribe(subjects.everyAgent.heartbeat, {
      queue: 'metrics',
      callback: (error, message) => (error ? logger.error({ event: 'heartbeats.refused', err: error }, 'cannot hear heartbeats; check the NATS permissions of this service') : this.#hear(message)),
    });
    this.#writing = every(WRITE_EVERY_MS, () => this.#write(), logger);
  }

  async stop(): Promise<void> {
    this.#subscription.unsubscribe();
    await this.#writing.stop();
  }

  #hear(message: Msg): void {
    if (cameOutOfStream(message)) return;
    const { clock, logger } = this.options;
    const agentId = agentIdOfSubject(message.subject);
    try {
      const beat = AnyHeartbeat.parse(message.json());
      if (beat.agentId === agentId && this.#mayBeat(agentId)) this.#heard.push({ beat, at: clock() });
      else if (beat.agentId !== agentId && this.#mayTell(agentId)) logger.warn({ event: 'heartbeat.refused', agent_id: agentId }, 'a heartbeat names another agent than its subject');
    } catch (error) {
      if (this.#mayTell(agentId)) logger.warn({ event: 'heartbeat.invalid', agent_id: agentId, err: error }, 'a heartbeat is not one');
    }
  }

  async #write(): Promise<void> {
    this.#heard = this.#heard.slice(-MOST_KEPT);
    while (this.#heard.length > 0) {
      const beats = this.#heard.slice(0, MOST_WRITTEN_AT_ONCE);
      await this.options.samples.add(beats);
      this.#heard = this.#heard.slice(beats.length);
    }
  }
}
