/**
 * One database connection of its own that is made again whenever it breaks: for what lives as long as a connection
 * does, LISTEN and advisory locks.
 */
import { Client } from 'pg';
import type { Logger } from '../event-store.port.ts';
import { backoffMs, pause } from './pause.ts';

const CHECK_EVERY_MS = 5000;
const TRY_FOR_THE_LEAD_EVERY_MS = 1000;

export type Session = { readonly databaseUrl: string; readonly name: string; readonly signal: AbortSignal; readonly logger: Logger | undefined };
/** Runs until the signal is aborted: when the connection is lost or everything stops. */
export type Work = (client: Client, signal: AbortSignal) => Promise<void>;

const once = async ({ databaseUrl, name, signal }: Session, work: Work): Promise<void> => {
  const client = new Client({ connectionString: databaseUrl, connectionTimeoutMillis: 5000, query_timeout: 10_000, keepAlive: true, application_name: name });
  const lost = new AbortController();
  const lose = (reason?: unknown) => lost.abort(reason);
  client.on('error', lose);
  client.on('end', lose);
  // A server that vanished without a word is noticed by asking it.
  const check = setInterval(() => void client.query('select 1').catch(lose), CHECK_EVERY_MS);
  try {
    await client.connect();
    await work(client, AbortSignal.any([signal, lost.signal]));
  } finally {
    clearInterval(check);
    await client.end();
  }
};

/** Calls `work` with a connection, and again with a new one after each loss, until stopped. */
export const withOwnConnection = async (session: Session, work: Work): Promise<void> => {
  const { name, signal, logger } = session;
  for (let failures = 0; !signal.aborted; failures += 1) {
    try {
      await once(session, async (client, either) => {
        failures = 0;
        await work(client, either);
      });
      if (!signal.aborted) logger?.warn({ name }, 'the database connection was lost; connecting again');
    } catch (error) {
      if (!signal.aborted) logger?.warn({ err: error, name }, 'the database connection failed; connecting again');
    }
    await pause(backoffMs(failures), signal);
  }
};

/**
 * Runs `lead` in one process at a time: whoever holds the advisory lock of this name. Leadership is only liveness; a
 * leader that has lost its connection may work on for a moment, so what it writes must be fenced by itself.
 */
export const whileLeading = (session: Session, lead: (signal: AbortSignal) => Promise<void>): Promise<void> =>
  withOwnConnection(session, async (client, signal) => {
    const isMine = async () => (await client.query<{ mine: boolean }>('select pg_try_advisory_lock(hashtextextended($1, 0)) as mine', [session.name])).rows[0]?.mine;
    while (!signal.aborted && !(await isMine())) await pause(TRY_FOR_THE_LEAD_EVERY_MS, signal);
    if (!signal.aborted) await lead(signal);
  });
