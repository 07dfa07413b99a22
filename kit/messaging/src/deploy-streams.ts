/** The deploy step: makes the streams that contracts declare, or brings existing ones up to date. Services never do. */
import { STREAMS, type StreamDefinition } from '@citrus/contracts';
import { DiscardPolicy, JetStreamApiCodes, JetStreamApiError, jetstreamManager, PersistMode, RetentionPolicy, StorageType, StoreCompression, type StreamConfig } from '@nats-io/jetstream';
import { nanos, type NatsConnection } from '@nats-io/nats-core';

export const streamConfigOf = (definition: StreamDefinition): Partial<StreamConfig> & { name: string } => ({
  name: definition.name,
  subjects: [...definition.subjects],
  storage: definition.storage === 'file' ? StorageType.File : StorageType.Memory,
  retention: RetentionPolicy.Limits,
  discard: DiscardPolicy.Old,
  no_ack: definition.noAck ?? false,
  max_age: nanos(definition.maxAgeMs ?? 0),
  max_bytes: definition.maxBytes ?? -1,
  max_msgs_per_subject: definition.maxMessagesPerSubject ?? -1,
  compression: definition.compressed ? StoreCompression.S2 : StoreCompression.None,
  allow_direct: true,
  // Left out and not false: a server never takes these back, and relays protect their streams with them.
  ...(definition.keepsForEver && { deny_delete: true, deny_purge: true }),
  ...(definition.takesBatches && { allow_atomic: true }),
});

/** The broker's own number for a stream that somebody else, the steward for instance, made in the meantime. */
const NAME_IN_USE = 10058;
const isRefusal = (error: unknown, code: number): boolean => error instanceof JetStreamApiError && error.code === code;

export const deployStreams = async (nc: NatsConnection, definitions: readonly StreamDefinition[] = STREAMS): Promise<void> => {
  const { streams } = await jetstreamManager(nc);
  const deploy = async (definition: StreamDefinition, isAgain = false): Promise<void> => {
    const config = streamConfigOf(definition);
    try {
      await streams.update(definition.name, config);
      return;
    } catch (error) {
      if (!isRefusal(error, JetStreamApiCodes.StreamNotFound)) throw error;
    }
    try {
      // Where nobody waits for an answer, or what was said is said again, the server need not write each message to disk by itself (from 2.12 on; not to be changed later).
      await streams.add({ ...config, ...((definition.noAck || definition.mayLoseItsEnd) && { persist_mode: PersistMode.Async }) });
    } catch (error) {
      if (isAgain || !isRefusal(error, NAME_IN_USE)) throw error;
      await deploy(definition, true);
    }
  };
  for (const definition of definitions) await deploy(definition);
};
