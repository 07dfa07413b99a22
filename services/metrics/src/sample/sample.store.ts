/** Samples of the machines, by agent and time. */
import { learnBeat, offlineAfterMs, OFFLINE_AFTER_MS, type AgentId, type AnyHeartbeat, type KnownBeats, type Measurements, type Sample, type ServerId, type ServerLoad } from '@citrus/contracts';
import type { ProjectScope } from '@citrus/kit-domain';
import { sql, type Kysely, type Selectable, type Transaction } from 'kysely';
import type { MetricsDatabase } from '../database.ts';

export type HeardBeat = { readonly beat: AnyHeartbeat; readonly at: Date };
type MeasuredBeat = { readonly agentId: AgentId; readonly at: Date; readonly measured: Measurements };

/** Nothing was heard of an agent for so long: a new life of it is believed also if its clock was set back. */
const OLD_MS = 60_000;
type Asked = { readonly serverId: string; readonly from?: string | undefined; readonly to?: string | undefined; readonly limit: number };

const rowOf = ({ agentId, at, measured: beat }: MeasuredBeat) => ({
  agent_id: agentId, at, cpu_percent: beat.cpuPercent, load1: beat.load1,
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

  /**
   * One sample a beat, and what is known of each agent's beats, in one transaction. A beat that tells only what differs from a
   * whole one that never came is left out: the next whole one is not far.
   */
  async add(beats: readonly HeardBeat[]): Promise<void> {
    await this.db.transaction().execute(async (trx) => {
      const rows = await trx.selectFrom('agent_beats').selectAll().where(sql<boolean>`agent_id = any(${[...new Set(beats.map(({ beat }) => beat.agentId))]}::text[])`).execute();
      const known = new Map<string, KnownBeats & { readonly heardAt: Date; readonly patienceMs: number }>(rows.map((row) => [row.agent_id, { run: row.run, base: row.base, seq: row.seq, whole: row.whole, now: row.now, heardAt: row.heard_at, patienceMs: row.patience_ms }]));
      const measured = beats.flatMap(({ beat, at }): MeasuredBeat[] => {
        const before = known.get(beat.agentId);
        const after = learnBeat(before, beat, before !== undefined && at.getTime() - before.heardAt.getTime() > OLD_MS + before.patienceMs);
        if (!after) return [];
        known.set(beat.agentId, { ...after, heardAt: at, patienceMs: offlineAfterMs(beat.everyMs) - OFFLINE_AFTER_MS });
        return [{ agentId: beat.agentId, at, measured: after.now }];
      });
      if (measured.length === 0) return;
      await trx.insertInto('samples').values(measured.map(rowOf)).onConflict((conflict) => conflict.doNothing()).execute();
      await this.#keep(trx, [...new Set(measured.map(({ agentId }) => agentId))].sort(), known);
    });
  }

  /** Another replica may have heard later beats meanwhile. */
  async #keep(trx: Transaction<MetricsDatabase>, agentIds: readonly string[], known: ReadonlyMap<string, KnownBeats & { readonly heardAt: Date; readonly patienceMs: number }>): Promise<void> {
    const rows = JSON.stringify(agentIds.map((agentId) => ({ agent_id: agentId, ...known.get(agentId) })));
    await sql`insert into agent_beats as a (agent_id, run, base, seq, whole, now, heard_at, patience_ms)
      select b.agent_id, b.run, b.base, b.seq, b.whole, b.now, b."heardAt", b."patienceMs"
      from json_to_recordset(${rows}::json) as b (agent_id text, run bigint, base bigint, seq bigint, whole json, now json, "heardAt" timestamptz, "patienceMs" int)
      on conflict (agent_id) do update set run = excluded.run, base = excluded.base, seq = excluded.seq, whole = excluded.whole, now = excluded.now, heard_at = excluded.heard_at, patience_ms = excluded.patience_ms
      where (a.run, a.seq) < (excluded.run, excluded.seq) or excluded.run = 0 or excluded.heard_at > a.heard_at + ${OLD_MS} * interval '1 millisecond'`.execute(trx);
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
    await this.db.deleteFrom('agent_beats').where('heard_at', '<', moment).execute();
  }

  /** What the agents heard of since then report, added up, or since earlier where they beat more slowly; and how many there are altogether. */
  async sums(since: Date): Promise<{ up: number; down: number; cpuPercent: number; memoryUsed: number; memoryTotal: number; diskUsed: number; diskTotal: number }> {
    const { rows } = await sql<{ agents: number; up: number; cpu_percent: number | null; memory_used: number; memory_total: number; disk_used: number; disk_total: number }>`
      select count(*)::int as agents, count(s.at)::int as up, avg(s.cpu_percent) as cpu_percent,
        coalesce(sum(s.memory_used_bytes), 0)::float8 as memory_used, coalesce(sum(s.memory_total_bytes), 0)::float8 as memory_total,
        coalesce(sum(s.disk_used_bytes), 0)::float8 as disk_used, coalesce(sum(s.disk_total_bytes), 0)::float8 as disk_total
      from agents a
      left join agent_beats b on b.agent_id = a.agent_id
      left join lateral (select * from samples where agent_id = a.agent_id and at >= ${since}::timestamptz - coalesce(b.patience_ms, 0) * interval '1 millisecond' order by at desc limit 1) s on true`.execute(this.db);
    const row = rows[0];
    const up = row?.up ?? 0;
    return {
      up, down: (row?.agents ?? 0) - up, cpuPercent: row?.cpu_percent ?? 0,
      memoryUsed: row?.memory_used ?? 0, memoryTotal: row?.memory_total ?? 0, diskUsed: row?.disk_used ?? 0, diskTotal: row?.disk_total ?? 0,
    };
  }
}
