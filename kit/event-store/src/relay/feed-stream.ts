/**
 * The JetStream copy of a log: where it stands, whether it is a copy of this log, and having it made anew when it is gone
 * or is not. Nobody can take single messages out of it, and its owner can neither make nor remove it: that is the
 * steward's, who is asked.
 */
import { EventEnvelope, eventsStream, type LoggedService } from '@citrus/contracts';
import { Unavailable } from '@citrus/kit-domain';
import type { JetStreamManager, StreamInfo } from '@nats-io/jetstream';
import type { Logger } from '../event-store.port.ts';
import { hasWantedSettings, streamInfo, type Remake, type RemakeStream } from './remake-stream.ts';

/** A stream made again starts this far behind the log's head; readers further back read the log itself. */
const REFILLED_EVENTS = 10_000;

/** The log that the stream is a copy of. */
export type CopiedLog = { head(): Promise<number>; eventIdAt(position: number): Promise<string | undefined> };

/** Where the stream stands; `identity` changes when it is made anew by anybody. */
export type Standing = { readonly last: number; readonly identity: string; /** It takes atomic batches. */ readonly isAtomic: boolean };

const standingOf = ({ state, created, config }: StreamInfo): Standing => ({ last: state.last_seq, identity: created, isAtomic: config.allow_atomic === true });

const copiedIdOf = (body: Uint8Array): string | undefined => {
  try {
    return EventEnvelope.safeParse(JSON.parse(Buffer.from(body).toString())).data?.id;
  } catch {
    return undefined;
  }
};

const reasonOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

type Parts = { readonly jsm: JetStreamManager; readonly service: LoggedService; readonly log: CopiedLog; readonly remake: RemakeStream; readonly logger: Logger | undefined };

export const feedStream = ({ jsm, service, log, remake, logger }: Parts) => {
  const { name } = eventsStream(service);
  const info = () => streamInfo(jsm, name);
  let hasAskedForSettings = false;

  const remade = async (why: string, wanted: Remake): Promise<Standing> => {
    try {
      await remake(wanted);
    } catch (cause) {
      throw new Unavailable(`the stream ${name} ${why} and waits for its steward: ${reasonOf(cause)}`, { cause });
    }
    const found = await info();
    if (!found) throw new Unavailable(`the stream ${name} was gone again as soon as it was made`);
    return standingOf(found);
  };

  const create = async (why: string, head: number, insteadOf: string | null): Promise<Standing> => {
    const firstSequence = Math.max(1, head - REFILLED_EVENTS + 1);
    const standing = await remade(why, { firstSequence, insteadOf });
    logger?.warn({ stream: name, firstSequence }, 'the stream of events was made anew');
    return standing;
  };

  /** Why the stream is not a copy of this log; undefined when it is, as far as can be seen. */
  const foreign = async ({ last_seq, messages }: StreamInfo['state'], head: number): Promise<string | undefined> => {
    if (last_seq > head) return `it has ${last_seq} events, the log ${head}`;
    const message = messages > 0 ? await jsm.streams.getMessage(name, { seq: last_seq }) : undefined;
    if (!message) return undefined;
    return copiedIdOf(message.data) === (await log.eventIdAt(last_seq)) ? undefined : `the log has another event at position ${last_seq}`;
  };

  /** What was made by an older release, by an older server, or by hand. It is asked for once, and nothing waits for it. */
  const protectedOnce = async (found: StreamInfo): Promise<Standing> => {
    if (hasWantedSettings(found) || hasAskedForSettings) return standingOf(found);
    try {
      const standing = await remade('lacks settings that protect it', { firstSequence: 1, insteadOf: null });
      hasAskedForSettings = true;
      return standing;
    } catch (error) {
      logger?.warn({ stream: name, reason: reasonOf(error) }, 'the stream of events is not protected yet');
      return standingOf(found);
    }
  };

  return {
    /** Cheap: whether the stream still stands where it stood. */
    isAt: async ({ last, identity }: Standing): Promise<boolean> => {
      const found = await info();
      return found?.state.last_seq === last && found.created === identity;
    },
    /** Where it stands, after it was made anew if it had to be. */
    open: async (): Promise<Standing> => {
      const found = await info();
      // The head after the stream's last: whatever was copied had been in the log before.
      const head = await log.head();
      if (!found) return create('is not there', head, null);
      const why = await foreign(found.state, head);
      if (why === undefined) return protectedOnce(found);
      logger?.error({ stream: name, why }, 'the stream is the copy of another log; it is made anew');
      return create('is the copy of another log', head, found.created);
    },
  };
};
export type FeedStream = ReturnType<typeof feedStream>;
