import { getPostgreSQLEventStore } from '@event-driven-io/emmett-postgresql';
import { Pool } from 'pg';
import { META, type OpenContender } from './contender.ts';

export const open: OpenContender = async ({ url, callers }) => {
  const pool = new Pool({ connectionString: url, max: callers });
  const store = getPostgreSQLEventStore(url, { connectionOptions: { pool } });
  await store.schema.migrate();
  return {
    append: (stream, version, payloads) =>
      store.appendToStream(stream, payloads.map((data) => ({ type: 'Measured', data, metadata: META })), { expectedStreamVersion: version === 0 ? 'STREAM_DOES_NOT_EXIST' : BigInt(version) }),
    close: async () => {
      await store.close();
      await pool.end();
    },
  };
};
