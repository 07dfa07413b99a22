/**
 * Whose turn it is. A webhook has a few deliveries under way at a time, over all replicas, and one that fails just one;
 * together the failing ones get no more than a share of the room. So a receiver that never answers holds up nobody but
 * itself, and a thousand of them half of the room.
 */
import { PING } from '@citrus/contracts';
import { sql, type RawBuilder } from 'kysely';

export type Claim = { readonly room: number; /** For webhooks that fail. */ readonly failingRoom: number; readonly perWebhook: number; readonly leaseMs: number };
export type Claimed = { readonly webhookId: string; readonly deliveryId: string; readonly projectId: string; readonly type: string; readonly body: string; readonly tries: number; readonly isFailing: boolean };

const IS_FREE = sql`d.status = 'waiting' and d.next_attempt_at <= now() and (d.lease_until is null or d.lease_until <= now())`;

/** What is leased in the end may be less than the room: another replica was there first. */
export const claimQuery = ({ room, failingRoom, perWebhook, leaseMs }: Claim): RawBuilder<Claimed> => sql<Claimed>`
  with candidates as (
    select due.*, h.failing_since is not null as is_failing
    from webhooks w
    left join webhook_health h on h.webhook_id = w.webhook_id
    cross join lateral (select count(*)::int as number from webhook_deliveries b where b.webhook_id = w.webhook_id and b.lease_until > now()) busy
    cross join lateral (
      select d.webhook_id, d.delivery_id, d.next_attempt_at, row_number() over (order by d.next_attempt_at) as turn from webhook_deliveries d
      where d.webhook_id = w.webhook_id and ${IS_FREE} and (w.status = 'active' or d.type = ${PING}) order by d.next_attempt_at limit ${perWebhook}
    ) due
    where due.turn + busy.number <= case when h.failing_since is null then ${perWebhook}::int else 1 end
  ), chosen as (
    select webhook_id, delivery_id, is_failing from (select *, row_number() over (partition by is_failing order by next_attempt_at) as place from candidates) ranked
    where not is_failing or place <= ${failingRoom} order by is_failing, next_attempt_at limit ${room}
  ), locked as (
    select d.webhook_id, d.delivery_id, chosen.is_failing from webhook_deliveries d join chosen on chosen.webhook_id = d.webhook_id and chosen.delivery_id = d.delivery_id
    where ${IS_FREE} for update of d skip locked
  )
  update webhook_deliveries d set lease_until = now() + ${leaseMs} * interval '1 millisecond' from locked
  where d.webhook_id = locked.webhook_id and d.delivery_id = locked.delivery_id
  returning d.webhook_id as "webhookId", d.delivery_id as "deliveryId", d.project_id as "projectId", d.type, d.body, d.attempts as tries, locked.is_failing as "isFailing"`;
