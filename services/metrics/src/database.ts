/** The tables of metrics; `migrations/` makes them. */
import type { DeliveryStatus, Measurements } from '@citrus/contracts';
import type { ColumnType, Generated } from 'kysely';

type Instant = ColumnType<Date, Date | string, Date | string>;
type NullableInstant = ColumnType<Date | null, Date | string | null | undefined, Date | string | null>;

export type MetricsDatabase = {
  /** One a heartbeat, at the time it arrived here: a server with a wrong clock must not write into the past. */
  samples: {
    agent_id: string; at: ColumnType<Date, Date, Date>; cpu_percent: number; load1: number;
    memory_used_bytes: number; memory_total_bytes: number; disk_used_bytes: number; disk_total_bytes: number; network_in_bytes: number; network_out_bytes: number;
  };
  /** The last whole beat of an agent and what the beats after it changed, so that any replica can read those that come next. */
  agent_beats: { agent_id: string; run: number; base: number; seq: number; whole: ColumnType<Measurements, string, string>; now: ColumnType<Measurements, string, string>; heard_at: ColumnType<Date, Date, Date>; patience_ms: number };
  agents: { agent_id: string; server_id: string; project_id: string; registered_at: ColumnType<Date, string, string> };
  /** Projection of `webhook-*` streams. Neither address nor secret is in it. */
  webhooks: {
    webhook_id: string; project_id: string; description: string; host: string; address_id: string; types: string[];
    secret_id: string; old_secret_id: string | null; old_secret_until: NullableInstant;
    status: 'active' | 'paused'; paused_reason: string | null; created_at: Instant; updated_at: Instant;
  };
  /** Addresses and secrets, sealed with the master key. A row is destroyed when nothing names it any more. */
  webhook_seals: { id: string; webhook_id: string; sealed: string; created_at: ColumnType<Date, never, never> };
  /** How it goes with the receiver; written by whoever sends. */
  webhook_health: { webhook_id: string; failing_since: NullableInstant; last_delivered_at: NullableInstant };
  /** One for each event and webhook, and for each ping. */
  webhook_deliveries: {
    webhook_id: string; delivery_id: string; project_id: string; type: string; body: string; occurred_at: Instant; created_at: ColumnType<Date, never, never>;
    status: DeliveryStatus; attempts: Generated<number>; next_attempt_at: NullableInstant; lease_until: NullableInstant; last_attempt_at: NullableInstant;
    answer_status: number | null; answer_text: string | null; problem: string | null; duration_ms: number | null;
  };
  jobs: { job_id: string; app: string; action: string; result: string | null };
};
