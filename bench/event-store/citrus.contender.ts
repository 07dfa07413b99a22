import { randomUUID } from 'node:crypto';
import { openEventStore, openPool } from '@citrus/kit-event-store';
import { META, PROJECT, type OpenContender } from './contender.ts';

export const open: OpenContender = async ({ url }) => {
  const pool = openPool({ databaseUrl: url });
  const store = openEventStore({ pool, service: 'provisioning' });
  return {
    append: (stream, version, payloads) =>
      store.append({ stream, expected: version, events: payloads.map((data) => ({ type: 'Measured', data })), context: { ...META, projectId: PROJECT, commandId: randomUUID() } }),
    close: () => pool.end(),
  };
};
