/** Webhooks, what they are sealed with, and what is sent to them. Frozen: a change is a new migration. */
import { sql, type Kysely } from 'kysely';

const TABLES = `
create table webhooks (
  webhook_id uuid primary key,
  project_id uuid not null,
  description text not null,
  host text not null,
  address_id uuid not null,
  types text[] not null,
  secret_id uuid not null,
  old_secret_id uuid,
  old_secret_until timestamptz,
  status text not null,
  -- Why Citrus paused it; null when a person did.
  paused_reason text,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create index webhooks_by_project on webhooks (project_id);

-- Addresses and secrets, each sealed with the master key and bound to its row.
create table webhook_seals (
  id uuid primary key,
  webhook_id uuid not null,
  sealed text not null,
  created_at timestamptz not null default now()
);

-- How it goes with a webhook's receiver; no read model.
create table webhook_health (
  webhook_id uuid primary key,
  failing_since timestamptz,
  last_delivered_at timestamptz
);

create table webhook_deliveries (
  webhook_id uuid not null,
  -- The event's id, or one of its own for a ping.
  delivery_id uuid not null,
  project_id uuid not null,
  type text not null,
  -- What is sent, letter by letter: it is the same at each try.
  body text not null,
  occurred_at timestamptz not null,
  created_at timestamptz not null default now(),
  status text not null check (status in ('waiting', 'delivered', 'failed')),
  attempts integer not null default 0,
  next_attempt_at timestamptz,
  -- Somebody sends it, until then at the latest.
  lease_until timestamptz,
  last_attempt_at timestamptz,
  answer_status integer,
  answer_text text,
  problem text,
  duration_ms integer,
  primary key (webhook_id, delivery_id)
);
create index webhook_deliveries_due on webhook_deliveries (webhook_id, next_attempt_at) where status = 'waiting';
create index webhook_deliveries_leased on webhook_deliveries (webhook_id, lease_until) where lease_until is not null;
create index webhook_deliveries_newest on webhook_deliveries (webhook_id, created_at desc, delivery_id desc);
create index webhook_deliveries_over on webhook_deliveries (created_at) where status <> 'waiting';
`;

export const up = async (db: Kysely<unknown>): Promise<void> => {
  await sql.raw(TABLES).execute(db);
};
