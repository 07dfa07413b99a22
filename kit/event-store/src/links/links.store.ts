/** The table `event_links`: written a page at a time, read by the id of an event or of its cause. */
import type { LinkedEvent, LinksRead } from '@citrus/contracts';
import { sql, type Kysely } from 'kysely';
import type { Pool } from 'pg';
import { lockCheckpoint, moveCheckpoint } from '../projection/checkpoint.store.ts';
import { COLUMNS, envelopeOf, type EventRow } from '../read/read.store.ts';

export const LINKS = { name: 'event-links', version: 1 } as const;
const LONGEST_ID = 200;

export type LinksPage = { readonly position: number; readonly head: number };

/** Links the next events, at most `limit`; replicas take turns at the checkpoint's row and never do a page twice. */
export const linkPage = <Database>(db: Kysely<Database>, limit: number): Promise<LinksPage> =>
  db.transaction().execute(async (trx) => {
    const from = (await lockCheckpoint(trx, LINKS)) ?? 0;
    const { rows } = await sql<{ position: string }>`select position from log_head`.execute(trx);
    const head = Number(rows[0]?.position ?? 0);
    const to = Math.min(head, from + limit);
    if (to <= from) return { position: from, head };
    await sql`
      insert into event_links (event_id, position, causation_id, correlation_id)
      select event_id, position, left(about ->> 'causationId', ${LONGEST_ID}), left(about ->> 'correlationId', ${LONGEST_ID})
      from (select event_id, position, readable_json(meta) as about from events where position > ${from} and position <= ${to} order by position) as page
      on conflict (event_id) do nothing`.execute(trx);
    if (!(await moveCheckpoint(trx, LINKS, { from, to }))) throw new Error('another replica links events');
    return { position: to, head };
  });

/** Through the indexes; the newest few events, which are not linked yet, are looked through one by one. */
const FOUND = `
  select position from public.event_links where event_id = any($1::uuid[])
  union select position from public.event_links where causation_id = any($2::text[])
  union select position from public.events
    where position > coalesce((select position from public.checkpoints where consumer = '${LINKS.name}' and version = ${LINKS.version}), 0)
      and (event_id = any($1::uuid[]) or public.readable_json(meta) ->> 'causationId' = any($2::text[]))
  order by position limit $3`;

export type LinksRequest = LinksRead & { readonly projectIds: readonly string[] };

/** These events and those that they caused, by position; the payload only of what these projects may show. */
export const readLinks = async (pool: Pool, { ids, causedBy, limit, projectIds }: LinksRequest): Promise<LinkedEvent[]> => {
  const { rows } = await pool.query<EventRow>(`select ${COLUMNS} from public.events where position in (${FOUND}) order by position`, [ids, causedBy, limit]);
  return rows.map((row) => {
    const isVisible = row.project_id !== null && projectIds.includes(row.project_id);
    return { id: row.event_id, causationId: row.meta.causationId ?? null, event: isVisible ? envelopeOf(row) : null, commandId: isVisible ? row.meta.commandId : null };
  });
};
