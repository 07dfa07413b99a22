/** Samples of the machines, by agent and time. */
import type { AgentId, Heartbeat, Sample, ServerId, ServerLoad } from '@citrus/contracts';
import type { ProjectScope } from '@citrus/kit-domain';
import { sql, type Kysely, type Selectable } from 'kysely';
import type { MetricsDatabase } from '../database.ts';

export type HeardBeat = { readonly beat: Heartbeat; readonly at: Date };
type Asked = { readonly serverId: string; readonly from?: string | undefined; readonly to?: string | undefined; readonly limit: number };

const rowOf = ({ beat, at }: HeardBeat) => ({
  agent_id: beat.agentId, at, cpu_percent: beat.cpuPercent, load1: beat.load1,
  memory_used_bytes: beat.memoryUsedBytes, memory_total_bytes: beat.memoryTotalBytes, disk_used_bytes: beat.diskUsedBytes, disk_total_bytes: beat.diskTotalBytes,
  network_in_bytes: beat.networkInBytes, network_out_bytes: beat.networkOutBytes,
});

const sampleOf = (row: Selectable<MetricsDatabase['samples']>): Sample => ({
  at: row.at.toISOString(), cpuPercent: row.cpu_percent, load1: row.load1,
  memoryUsedBytes: row.memory_used_bytes, memoryTotalBytes: row.memory_total_bytes, diskUsedBytes: row.disk_used_bytes, diskTotalBytes: row.disk_total_bytes,
  networkInBytes: row.network_in_bytes, networkOutBytes: row.network_out_bytes,
});

export class SampleStore {
  constructor(private readonly db: Kysely<MetricsDatabase>) {}

  async add(beats: readonly HeardBeat[]): Promise<void> {
    await this.db.insertInto('samples').values(beats.map(rowOf)).onConflict((conflict) => conflict.doNothing()).execute();
  }

  /** The newest samples of the period, oldest first, of the agent that was last registered for the server. */
  async ofServer({ projectId }: ProjectScope, { serverId, from, to, limit }: Asked): Promise<{ agentId: AgentId | null; samples: Sample[] }> {
    const agent = await this.db.selectFrom('agents').select('agent_id').where('server_id', '=', serverId).where('project_id', '=', projectId).orderBy('registered_at', 'desc').executeTakeFirst();
    if (!agent) return { agentId: null, samples: [] };
    let query = this.db.selectFrom('samples').selectAll().where('agent_id', '=', agent.agent_id);
    if (from !== undefined) query = query.where('at', '>=', new Date(from));
    if (to !== undefined) query = query.where('at', '<=', new Date(to));
    const rows = await query.orderBy('at', 'desc').limit(limit).execute();
    return { agentId: agent.agent_id as AgentId, samples: rows.toReversed().map(sampleOf) };
  }

  /** Averages of two minutes over the last thirty, of the agent that was last registered for each server. */
  async loadsOf({ projectId }: ProjectScope, serverIds: readonly string[]): Promise<ServerLoad[]> {
    const { rows } = await sql<{ server_id: ServerId; at: Date; cpu: number[]; memory: number[]; disk: number }>`
      with newest as (
        select distinct on (server_id) server_id, agent_id from agents where project_id = ${projectId} and server_id = any(${serverIds}::uuid[]) order by server_id, registered_at desc
      ), points as (
        select n.server_id, max(s.at) as at, round(avg(s.cpu_percent))::float8 as cpu, round(avg(100.0 * s.memory_used_bytes / nullif(s.memory_total_bytes, 0)))::float8 as memory,
          max(100.0 * s.disk_used_bytes / nullif(s.disk_total_bytes, 0))::float8 as disk
        from newest n join samples s on s.agent_id = n.agent_id and s.at > now() - interval '30 minutes'
        group by n.server_id, date_bin('2 minutes', s.at, 'epoch'::timestamptz)
      )
      select server_id, max(at) as at, array_agg(cpu order by at) as cpu, array_agg(coalesce(memory, 0) order by at) as memory, round(coalesce(max(disk), 0)) as disk
      from points group by server_id`.execute(this.db);
    return rows.map(({ server_id: serverId, at, cpu, memory, disk }) => ({ serverId, at: at.toISOString(), cpuPercent: cpu, memoryPercent: memory, diskPercent: disk }));
  }

  async removeBefore(moment: Date): Promise<void> {
    await this.db.deleteFrom('samples').where('at', '<', moment).execute();
  }

  /** What the agents heard of since then report, added up; and how many there are altogether. */
  async sums(since: Date): Promise<{ up: number; down: number; cpuPercent: number; memoryUsed: number; memoryTotal: number; diskUsed: number; diskTotal: number }> {
    const { rows } = await sql<{ agents: number; up: number; cpu_percent: number | null; memory_used: number; memory_total: number; disk_used: number; disk_total: number }>`
      select count(*)::int as agents, count(s.at)::int as up, avg(s.cpu_percent) as cpu_percent,
        coalesce(sum(s.memory_used_bytes), 0)::float8 as memory_used, coalesce(sum(s.memory_total_bytes), 0)::float8 as memory_total,
        coalesce(sum(s.disk_used_bytes), 0)::float8 as disk_used, coalesce(sum(s.disk_total_bytes), 0)::float8 as disk_total
      from agents a
      left join lateral (select * from samples where agent_id = a.agent_id and at >= ${since} order by at desc limit 1) s on true`.execute(this.db);
    const row = rows[0];
    const up = row?.up ?? 0;
    return {
      up, down: (row?.agents ?? 0) - up, cpuPercent: row?.cpu_percent ?? 0,
      memoryUsed: row?.memory_used ?? 0, memoryTotal: row?.memory_total ?? 0, diskUsed: row?.disk_used ?? 0, diskTotal: row?.disk_total ?? 0,
    };
  }
}
