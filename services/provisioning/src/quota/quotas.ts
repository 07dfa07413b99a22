/**
 * The gate that each request for a server passes. A request is let in by an event in its project's own stream, written in
 * one with the request and following on what was counted; so of two replicas that count at the same moment only one gets
 * in, and the other counts again. Projects without a limit pass without a trace.
 */
import { ProjectId, type Actor, type Quota, type QuotaLimits } from '@citrus/contracts';
import { Unavailable } from '@citrus/kit-domain';
import { parseAs } from '@citrus/kit-messaging';
import { gather, newId, StreamChanged, type EventStore, type Projections, type StreamAppend } from '@citrus/kit-event-store';
import { sql, type Kysely } from 'kysely';
import type { ProvisioningDatabase } from '../database.ts';
import { admit, HOUR_MS, isLimited, type Asked, type Usage } from './quota.decider.ts';
import { quotaStreamOf, type QuotaEvent } from './quota.events.ts';

export type QuotaOrigin = { readonly actor: Actor; readonly correlationId: string; readonly traceparent?: string };
type Parts = { readonly store: EventStore; readonly db: Kysely<ProvisioningDatabase>; readonly projections: Pick<Projections, 'reached'>; readonly now: () => Date };
type Known = QuotaLimits & { readonly version: number };

export type Quotas = {
  /**
   * Appends the request for a server together with what lets it in.
   * @throws Refusal when the quota is used up; whatever `append` throws
   */
  admitted<T>(asked: Asked, append: (admission: readonly StreamAppend[]) => Promise<T>): Promise<T>;
  read(projectId: ProjectId): Promise<Quota>;
  /** In the order of their projects' ids, which are the cursor too. */
  list(page: { readonly limit: number; readonly cursor?: string | undefined }): Promise<{ items: Quota[]; nextCursor: string | null }>;
  set(projectId: ProjectId, limits: QuotaLimits, origin: QuotaOrigin): Promise<Quota>;
};

const TRIES = 100;
const UNLIMITED: Known = { servers: null, creationsPerHour: null, version: 0 };

export const openQuotas = ({ store, db, projections, now }: Parts): Quotas => {
  /** Requests of one project come one after the other in this process: others would only count in vain. */
  const turns = new Map<string, Promise<unknown>>();

  const limitsOf = gather(async (projectIds: readonly string[]): Promise<Known[]> => {
    const rows = await db.selectFrom('project_quotas').selectAll().where(sql<boolean>`project_id = any(${[...new Set(projectIds)]}::uuid[])`).execute();
    const found = new Map(rows.map((row) => [row.project_id, { servers: row.servers, creationsPerHour: row.creations_per_hour, version: row.stream_version }]));
    return projectIds.map((projectId) => found.get(projectId) ?? UNLIMITED);
  }, { inFlight: 2 });

  const usageOf = async (projectId: string): Promise<Usage> => {
    const made = db.selectFrom('servers').where('project_id', '=', projectId).where('provider', '<>', 'none');
    const { count } = await made.where('status', '<>', 'deleted').select(({ fn }) => fn.countAll<string>().as('count')).executeTakeFirstOrThrow();
    const recent = await made.where('created_at', '>', new Date(now().getTime() - HOUR_MS)).select('created_at').orderBy('created_at').execute();
    return { servers: Number(count), since: recent.map((row) => row.created_at.toISOString()) };
  };

  const quotaOf = async (projectId: ProjectId): Promise<Quota> => {
    const [{ servers, creationsPerHour }, usage] = [await limitsOf(projectId), await usageOf(projectId)];
    return { projectId, servers, creationsPerHour, used: { servers: usage.servers, creationsPerHour: usage.since.length } };
  };

  const countAndAppend = async <T>(asked: Asked, append: (admission: readonly StreamAppend[]) => Promise<T>): Promise<T> => {
    const stream = quotaStreamOf(asked.projectId);
    for (let tries = 0; tries < TRIES; tries += 1) {
      // Everything that was let in so far is in the rows that are counted.
      await projections.reached(await store.head());
      const known = await limitsOf(asked.projectId);
      const events = admit(asked, known, await usageOf(asked.projectId));
      try {
        return await append(events.length > 0 ? [{ stream, expected: known.version, events }] : []);
      } catch (error) {
        if (!(error instanceof StreamChanged) || error.stream !== stream) throw error;
      }
    }
    throw new Unavailable('Too many servers are asked for in this project at the same moment. Try again soon.');
  };

  const inTurn = async <T>(projectId: string, act: () => Promise<T>): Promise<T> => {
    const before = turns.get(projectId) ?? Promise.resolve();
    const turn = before.then(act, act);
    const over = turn.then(() => undefined, () => undefined);
    turns.set(projectId, over);
    void over.then(() => turns.get(projectId) === over && turns.delete(projectId));
    return turn;
  };

  return {
    admitted: async (asked, append) => {
      if (!isLimited(await limitsOf(asked.projectId))) return append([]);
      return inTurn(asked.projectId, () => countAndAppend(asked, append));
    },
    read: quotaOf,
    list: async ({ limit, cursor }) => {
      let query = db.selectFrom('project_quotas').select('project_id').where((where) => where.or([where('servers', 'is not', null), where('creations_per_hour', 'is not', null)]));
      if (cursor !== undefined) query = query.where('project_id', '>', parseAs(ProjectId, cursor, 'The cursor'));
      const ids = (await query.orderBy('project_id').limit(limit + 1).execute()).map((row) => row.project_id as ProjectId);
      return { items: await Promise.all(ids.slice(0, limit).map(quotaOf)), nextCursor: ids.length > limit ? (ids[limit - 1] ?? null) : null };
    },
    set: async (projectId, limits, origin) => {
      await projections.reached(await store.head());
      const { servers, creationsPerHour } = await limitsOf(projectId);
      if (servers !== limits.servers || creationsPerHour !== limits.creationsPerHour) {
        const event: QuotaEvent = { type: 'QuotaChanged', data: { projectId, ...limits, at: now().toISOString() } };
        const { position } = await store.append({ stream: quotaStreamOf(projectId), expected: 'any', events: [event], context: { ...origin, projectId, commandId: newId() } });
        await projections.reached(position);
      }
      return quotaOf(projectId);
    },
  };
};
