/** The tables of metrics; `migrations/` makes them. */
import type { ColumnType } from 'kysely';

export type MetricsDatabase = {
  /** One a heartbeat, at the time it arrived here: a server with a wrong clock must not write into the past. */
  samples: {
    agent_id: string; at: ColumnType<Date, Date, Date>; cpu_percent: number; load1: number;
    memory_used_bytes: number; memory_total_bytes: number; disk_used_bytes: number; disk_total_bytes: number; network_in_bytes: number; network_out_bytes: number;
  };
  agents: { agent_id: string; server_id: string; project_id: string; registered_at: ColumnType<Date, string, string> };
  jobs: { job_id: string; app: string; action: string; result: string | null };
};
