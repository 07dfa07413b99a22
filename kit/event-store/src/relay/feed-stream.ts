/**
 * The JetStream copy of a log: where it stands, whether it is a copy of this log, and making it anew when it is gone or
 * is not. Nobody can take single messages out of it (`deny_delete`, `deny_purge`); its owner may still remove it as a
 * whole, which is how it is healed.
 */
import { EventEnvelope, eventsStream, type LoggedService } from '@citrus/contracts';
import { JetStreamApiCodes, JetStreamApiError, StorageType, type JetStreamManager, type StreamConfig, type StreamInfo } from '@nats-io/jetstream';
import type { Logger } from '../event-store.port.ts';

/** A stream made again starts this far behind the log's head; readers further back read the log itself. */
const REFILLED_EVENTS = 10_000;

const PROTECTED = { deny_delete: true, deny_purge: true } as const;

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

export const feedStream = ({ jsm, service, log, logger }: { jsm: JetStreamManager; service: LoggedService; log: CopiedLog; logger: Logger | undefined }) => {
  const { name, subjects } = eventsStream(service);

  /** Undefined: there is no stream. */
  const info = async (): Promise<StreamInfo | undefined> => {
    try {
      return await jsm.streams.info(name);
    } catch (error) {
      if (error instanceof JetStreamApiError && error.code === JetStreamApiCodes.StreamNotFound) return undefined;
      throw error;
    }
  };

  const create = async (head: number): Promise<Standing> => {
    const first_seq = Math.max(1, head - REFILLED_EVENTS + 1);
    // A server that is too old for batches leaves `allow_atomic` out of the stream that it makes.
    const made = await jsm.streams.add({ name, subjects: [...subjects], storage: StorageType.File, first_seq, allow_direct: true, allow_atomic: true, ...PROTECTED });
    logger?.warn({ stream: name, first_seq }, 'made the stream of events anew');
    return standingOf(made);
  };

  /** Why the stream is not a copy of this log; undefined when it is, as far as can be seen. */
  const foreign = async ({ last_seq, messages }: StreamInfo['state'], head: number): Promise<string | undefined> => {
    if (last_seq > head) return `it has ${last_seq} events, the log ${head}`;
    const message = messages > 0 ? await jsm.streams.getMessage(name, { seq: last_seq }) : undefined;
    if (!message) return undefined;
    return copiedIdOf(message.data) === (await log.eventIdAt(last_seq)) ? undefined : `the log has another event at position ${last_seq}`;
  };

  /** What was made by an older release, by an older server, or by hand. */
  const protect = async (found: StreamInfo): Promise<StreamInfo> => {
    const wanted: Partial<StreamConfig> = { ...PROTECTED, allow_direct: true, allow_atomic: true };
    if (Object.entries(wanted).every(([setting, value]) => found.config[setting as keyof StreamConfig] === value)) return found;
    return jsm.streams.update(name, wanted);
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
      if (!found) return create(head);
      const why = await foreign(found.state, head);
      if (why === undefined) return standingOf(await protect(found));
      logger?.error({ stream: name, why }, 'the stream is the copy of another log; it is made anew');
      await jsm.streams.delete(name);
      return create(head);
    },
  };
};
export type FeedStream = ReturnType<typeof feedStream>;
