/** How busy some servers were together, minute by minute. */
import type { LoadMinute } from '@citrus/contracts';
import { sql, type Kysely } from 'kysely';
import type { MetricsDatabase } from '../database.ts';

type Asked = { readonly serverIds: readonly string[]; readonly from: string; readonly to: string };

export class LoadStore {
  constructor(private readonly db: Kysely<MetricsDatabase>) {}

  /** Each server counts once in a minute, however often it reported; of its agents, the one registered last. */
  async byMinute({ serverIds, from, to }: Asked): Promise<LoadMinute[]> {
    const { rows } = await sql<{ at: Date; cpu: number; memory: number; servers: number }>`
      with newest as (
        select distinct on (server_id) server_id, agent_id from agents where server_id = any(${serverIds}::uuid[]) order by server_id, registered_at desc
      ), per_server as (
        select date_trunc('minute', s.at) as minute, n.server_id, avg(s.cpu_percent) as cpu,
          avg(100.0 * s.memory_used_bytes / nullif(s.memory_total_bytes, 0)) as memory
        from newest n join samples s on s.agent_id = n.agent_id
        where s.at >= date_trunc('minute', ${from}::timestamptz) and s.at < date_trunc('minute', ${to}::timestamptz)
        group by 1, 2
      )
      select minute as at, avg(cpu)::float8 as cpu, coalesce(avg(memory), 0)::float8 as memory, count(*)::int as servers from per_server group by minute order by minute`.execute(this.db);
    return rows.map(({ at, cpu, memory, servers }) => ({ at: at.toISOString(), cpuPercent: cpu, memoryPercent: memory, servers }));
  }
}
