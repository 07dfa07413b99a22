import { connect } from '@nats-io/transport-node';
import { Client } from 'pg';
import { describe, expect } from 'vitest';
import { test } from './index.ts';

describe('the fixtures', () => {
  test('give a database of its own, in which the service role owns nothing', async ({ database }) => {
    const client = new Client({ connectionString: database.serviceUrl });
    await client.connect();
    const { rows } = await client.query('select current_database() as name, current_user as role');
    expect(rows).toEqual([{ name: database.name, role: database.role }]);
    await expect(client.query('create table public.mine(id int)')).rejects.toThrow(/permission denied/);
    await client.end();
  });

  test('give a nats-server that comes back after a crash', async ({ nats }) => {
    await nats.kill();
    await nats.restart();
    const connection = await connect({ servers: nats.url });
    expect(connection.info?.jetstream).toBe(true);
    await connection.close();
  });
});
