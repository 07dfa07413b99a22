/** What only a superuser can do to a log: the attacks that `verify` must find, and places that take years to reach. */
import { Client } from 'pg';

/** Runs with triggers off, as somebody would who wants to leave no trace; more statements than one run in one transaction. */
export const asSuperuser = async (superuserUrl: string, ...statements: readonly string[]): Promise<void> => {
  const client = new Client({ connectionString: superuserUrl });
  await client.connect();
  try {
    await client.query('begin; set local session_replication_role = replica');
    for (const statement of statements) await client.query(statement);
    await client.query('commit');
  } finally {
    await client.end();
  }
};

/** While `work` runs, a transaction stays open in which this statement was carried out. */
export const holding = async (superuserUrl: string, statement: string, work: () => Promise<void>): Promise<void> => {
  const client = new Client({ connectionString: superuserUrl });
  await client.connect();
  try {
    await client.query('begin');
    await client.query(statement);
    await work();
  } finally {
    await client.end();
  }
};

/** An empty log that goes on behind this position. */
export const withHeadAt = (superuserUrl: string, position: number): Promise<void> => asSuperuser(superuserUrl, `update log_head set position = ${position}`);
