/** A log and the JetStream that it is copied to: a PostgreSQL and a nats-server that have on disk what they acknowledge. */
import { eventsStream } from '@citrus/contracts';
import { startNats, startPostgres } from '@citrus/kit-embedded';
import { migrate } from '@citrus/kit-event-store';
import { freshDatabase, type TestDatabase } from '@citrus/kit-testing/database';
import { jetstreamManager, StorageType } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { Client } from 'pg';

export const SERVICE = 'provisioning';
export const { name: STREAM, subjects: SUBJECTS } = eventsStream(SERVICE);

export type Servers = { readonly database: TestDatabase; readonly natsUrl: string; stop(): Promise<void> };

export const startServers = async (): Promise<Servers> => {
  const postgres = await startPostgres({ fsync: 'on', synchronous_commit: 'on', shared_buffers: '512MB', max_wal_size: '8GB' });
  const nats = await startNats({ config: ({ port, dir }) => `listen: "127.0.0.1:${port}"\njetstream { store_dir: "${dir}/jetstream", sync_interval: always }\n` });
  const database = await freshDatabase(postgres.url);
  await migrate({ ownerUrl: database.ownerUrl, role: database.role });
  return { database, natsUrl: nats.url, stop: async () => void (await Promise.all([postgres.stop(), nats.stop()])) };
};

/** As the deploy step makes it: empty, so that the whole log has to be copied. */
export const emptyStream = async (nats: NatsConnection): Promise<void> => {
  const { streams } = await jetstreamManager(nats);
  for await (const name of streams.names()) await streams.delete(name);
  await streams.add({ name: STREAM, subjects: [...SUBJECTS], storage: StorageType.File, allow_atomic: true, deny_delete: true, deny_purge: true, allow_direct: true });
};

export const asSuperuser = async ({ superuserUrl }: TestDatabase, statements: string): Promise<void> => {
  const client = new Client({ connectionString: superuserUrl });
  await client.connect();
  await client.query(statements).finally(() => client.end());
};
