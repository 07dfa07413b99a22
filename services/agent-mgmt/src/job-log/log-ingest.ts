/**
 * From the stream LOGS into rows. Pieces that queue up while a batch is being written make the next batch. They are
 * acknowledged after the commit; what is delivered twice is stored once. A piece that names another agent or job than
 * its subject, or a job of another agent, is refused and audited.
 */
import { agentIdOfSubject, cameOutOfStream, LogChunk, LOGS_STREAM, jobChangedSubject } from '@citrus/contracts';
import { internalScope, type Clock } from '@citrus/kit-domain';
import { createThrottle, type Logger } from '@citrus/kit-messaging';
import { AckPolicy, DeliverPolicy, jetstream, JetStreamApiCodes, JetStreamApiError, jetstreamManager, type ConsumerMessages, type JsMsg } from '@nats-io/jetstream';
import { nanos, type NatsConnection } from '@nats-io/nats-core';
import { auditAgent } from '../audit.ts';
import type { JobStore } from '../job/job.store.ts';
import { createLoop, type Loop } from '../loop.ts';
import type { LogStore } from './log.store.ts';

const CONSUMER = 'agent-mgmt-logs';
const INGESTING = internalScope('asks whose jobs these logs are; what is not the sender’s is refused');
const BATCH = 512;
const AGAIN_AFTER_MS = 1000;
/** What a replica took to its grave is delivered again after this; what is merely slow is stored once all the same. */
const ACK_WITHIN_MS = 5000;

export type IngestParts = {
  readonly nats: NatsConnection; readonly logs: LogStore; readonly jobs: JobStore; readonly clock: Clock; readonly logger: Logger;
  /** Nothing is missing any more of the log of an attempt that has ended. */
  readonly onWhole: () => void;
};
type Arrived = { readonly chunk: LogChunk; readonly message: JsMsg };

export class LogIngest {
  #messages: ConsumerMessages | undefined;
  readonly #loop: Loop;
  readonly #mayTell = createThrottle();
  #isStopped = false;

  constructor(private readonly parts: IngestParts) {
    this.#loop = createLoop({ name: 'job logs', everyMs: AGAIN_AFTER_MS, logger: parts.logger, work: () => this.#consume() });
  }

  start(): void {
    this.#loop.start();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#messages?.stop();
    await this.#loop.stop();
  }

  /** Until the stream or our consumer goes away, or we stop; the loop then begins anew. */
  async #consume(): Promise<void> {
    await this.#ensureConsumer();
    const consumer = await jetstream(this.parts.nats).consumers.get(LOGS_STREAM, CONSUMER);
    if (this.#isStopped) return;
    const waiting: JsMsg[] = [];
    let writing = Promise.resolve();
    let isWriting = false;
    const writeAll = async () => {
      while (waiting.length > 0) await this.#write(waiting.splice(0, BATCH));
      isWriting = false;
    };
    this.#messages = await consumer.consume({ max_messages: BATCH, abort_on_missing_resource: true });
    for await (const message of this.#messages) {
      waiting.push(message);
      if (isWriting) continue;
      isWriting = true;
      writing = writeAll();
    }
    await writing;
  }

  async #ensureConsumer(): Promise<void> {
    const { consumers } = await jetstreamManager(this.parts.nats, { checkAPI: false });
    try {
      await consumers.info(LOGS_STREAM, CONSUMER);
    } catch (error) {
      if (!(error instanceof JetStreamApiError) || error.code !== JetStreamApiCodes.ConsumerNotFound) throw error;
      await consumers.add(LOGS_STREAM, { durable_name: CONSUMER, ack_policy: AckPolicy.Explicit, deliver_policy: DeliverPolicy.All, ack_wait: nanos(ACK_WITHIN_MS), max_ack_pending: 4 * BATCH });
    }
  }

  async #write(messages: readonly JsMsg[]): Promise<void> {
    const arrived = messages.flatMap((message) => this.#parse(message));
    // By whoever sent them, too: a stranger's pieces stand beside the owner's in a batch, and must not share their fate.
    const byAttempt = Map.groupBy(arrived, ({ chunk }) => `${chunk.agentId}/${chunk.jobId}/${chunk.attempt}`);
    let owners: Awaited<ReturnType<JobStore['owners']>>;
    try {
      owners = await this.parts.jobs.owners(INGESTING, [...new Set(arrived.map(({ chunk }) => chunk.jobId))]);
    } catch (error) {
      return this.#giveBack(arrived, error);
    }
    const ownedGroups = [...byAttempt.values()].filter((group) => this.#isOwners(group, owners));
    try {
      await this.#writeGroups(ownedGroups);
    } catch (error) {
      // One of them may be to blame: each is tried by itself.
      if (ownedGroups.length === 1) return this.#giveBack(ownedGroups.flat(), error);
      for (const group of ownedGroups) await this.#writeGroups([group]).catch((reason: unknown) => this.#giveBack(group, reason));
    }
  }

  /** What is not its agent's is refused. */
  #isOwners(group: readonly Arrived[], owners: Awaited<ReturnType<JobStore['owners']>>): boolean {
    const [first] = group;
    if (!first) return false;
    const { agentId, jobId, attempt } = first.chunk;
    const owner = owners.get(jobId);
    // The read model may not show the dispatch yet, so the next attempt is believed too.
    if (owner?.agentId === agentId && attempt <= owner.attempt + 1) return true;
    this.#refuse(group, 'The log is not one of a job of this agent.');
    return false;
  }

  async #writeGroups(groups: readonly Arrived[][]): Promise<void> {
    const { logs, clock, nats, onWhole } = this.parts;
    const attempts = groups.flatMap((group) => (group[0] ? [{ of: { jobId: group[0].chunk.jobId, attempt: group[0].chunk.attempt }, pieces: group.map(({ chunk }) => chunk) }] : []));
    const added = await logs.addAll(attempts, clock());
    for (const [index, { of }] of attempts.entries()) if ((added[index]?.stored ?? 0) > 0) nats.publish(jobChangedSubject(of.jobId));
    for (const { message } of groups.flat()) message.ack();
    if (added.some(({ isWhole }) => isWhole)) onWhole();
  }

  #parse(message: JsMsg): Arrived[] {
    const agentId = agentIdOfSubject(message.subject);
    try {
      if (cameOutOfStream(message)) throw new Error('the broker put it there out of another stream');
      const chunk = LogChunk.parse(message.json());
      const jobId = message.subject.split('.')[3];
      if (chunk.agentId === agentId && chunk.jobId === jobId) return [{ chunk, message }];
      this.#audit(agentId, 'The log names another agent or job than its subject.');
    } catch (error) {
      if (this.#mayTell(agentId)) this.parts.logger.warn({ event: 'log.invalid', agent_id: agentId, err: error }, 'a piece of a log is not one');
    }
    message.term('refused');
    return [];
  }

  #refuse(group: readonly Arrived[], reason: string): void {
    const agentId = group[0]?.chunk.agentId ?? '';
    this.#audit(agentId, reason);
    for (const { message } of group) message.term('refused');
  }

  #audit(agentId: string, reason: string): void {
    auditAgent(this.parts.nats, { agentId, action: 'job.log', reason, at: this.parts.clock() });
  }

  /** The database is away: the broker keeps the pieces and delivers them again. */
  #giveBack(group: readonly Arrived[], error: unknown): void {
    this.parts.logger.warn({ event: 'log.unstored', err: error }, 'pieces of a log could not be stored; trying again');
    for (const { message } of group) message.nak(AGAIN_AFTER_MS);
  }
}
