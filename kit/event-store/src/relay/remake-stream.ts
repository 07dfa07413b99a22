/**
 * Making the JetStream copy of a log anew, or giving it the settings that it lacks. Whoever may do this may also have
 * the broker republish anything anywhere, so no service may: auth's steward does it for the log's owner (ADR 0012).
 * Only the first sequence comes from whoever asks; everything else stands in contracts.
 */
import { eventsStream, type LoggedService } from '@citrus/contracts';
import { JetStreamApiCodes, JetStreamApiError, StorageType, type JetStreamManager, type StreamConfig, type StreamInfo } from '@nats-io/jetstream';

export type Remake = {
  /** Position of the first event that the new stream will take. */
  readonly firstSequence: number;
  /** When the stream was made that is to go; null keeps whatever is there. So a request that comes twice, or late, removes nothing new. */
  readonly insteadOf: string | null;
};
/** Afterwards the stream is there, with its settings right. */
export type RemakeStream = (remake: Remake) => Promise<void>;

const PROTECTED = { deny_delete: true, deny_purge: true } as const;
/** A server that is too old for batches leaves `allow_atomic` out of the stream that it makes. */
export const WANTED: Partial<StreamConfig> = { ...PROTECTED, allow_direct: true, allow_atomic: true };

export const hasWantedSettings = ({ config }: Pick<StreamInfo, 'config'>): boolean => Object.entries(WANTED).every(([setting, value]) => config[setting as keyof StreamConfig] === value);

/** Undefined: there is no stream. */
export const streamInfo = async (jsm: JetStreamManager, name: string): Promise<StreamInfo | undefined> => {
  try {
    return await jsm.streams.info(name);
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === JetStreamApiCodes.StreamNotFound) return undefined;
    throw error;
  }
};

/** For a connection that may make streams: the steward's, or one in a test. */
export const remakeWith = (jsm: JetStreamManager, service: LoggedService): RemakeStream => async ({ firstSequence, insteadOf }) => {
  const { name, subjects } = eventsStream(service);
  const found = await streamInfo(jsm, name);
  const isToGo = found !== undefined && found.created === insteadOf;
  if (found && !isToGo) {
    if (!hasWantedSettings(found)) await jsm.streams.update(name, WANTED);
    return;
  }
  if (isToGo) await jsm.streams.delete(name);
  await jsm.streams.add({ name, subjects: [...subjects], storage: StorageType.File, first_seq: firstSequence, ...WANTED });
};
