/**
 * Sensitive inputs at rest. Each job has a key of its own, kept sealed with the master key outside the log: events
 * hold only what that key sealed, and destroying its row makes those texts unreadable for ever.
 */
import { randomBytes } from 'node:crypto';
import { canonicalJson, type InputValue } from '@citrus/contracts';
import { openWithKey, packJson, sealWithKey, unpackJson, type MasterKeys } from '@citrus/kit-crypto';
import { Refusal } from '@citrus/kit-domain';
import { sql, type Kysely } from 'kysely';
import type { AgentMgmtDatabase } from '../database.ts';

export type Secrets = Readonly<Record<string, InputValue>>;

const KEY_BYTES = 32;
const DESTROYED_AT_ONCE = 500;
/** A key is made a moment before its job; after this long, the process in between died. */
const NEVER_QUEUED_MS = 86_400_000;

export class JobSecrets {
  constructor(
    private readonly db: Kysely<AgentMgmtDatabase>,
    private readonly masterKeys: MasterKeys,
  ) {}

  /** Empty for no secrets. The key is there before the text is, so an event never holds what nobody can open. */
  async seal(jobId: string, secrets: Secrets): Promise<string> {
    if (Object.keys(secrets).length === 0) return '';
    const fresh = sealWithKey(this.masterKeys, randomBytes(KEY_BYTES).toString('base64'), jobId);
    await this.db.insertInto('job_keys').values({ job_id: jobId, sealed_key: fresh }).onConflict((conflict) => conflict.doNothing()).execute();
    return sealWithKey(await this.#presentKeyOf(jobId), packJson(JSON.stringify(secrets)), jobId);
  }

  async open(jobId: string, sealed: string): Promise<Secrets> {
    return sealed === '' ? {} : (JSON.parse(unpackJson(openWithKey(await this.#presentKeyOf(jobId), sealed, jobId))) as Secrets);
  }

  /** Secrets whose key was destroyed are the same as any others: nobody can tell any more. */
  async areSame(jobId: string, sealed: string, secrets: Secrets): Promise<boolean> {
    if (sealed !== '' && !(await this.#keyOf(jobId))) return true;
    return canonicalJson(await this.open(jobId, sealed)) === canonicalJson(secrets);
  }

  /** Undefined once the key was destroyed. */
  async openIfKept(jobId: string, sealed: string): Promise<Secrets | undefined> {
    if (sealed === '') return {};
    const key = await this.#keyOf(jobId);
    return key && (JSON.parse(unpackJson(openWithKey(key, sealed, jobId))) as Secrets);
  }

  /**
   * Keys of jobs that will never run again: succeeded ones once their log is whole, others once nobody may try them
   * again, and keys whose job never came to be. Runs and bundles have a key too, until nobody may try them again. How many there were.
   */
  async destroyOver({ now, keptMs }: { now: Date; keptMs: number }): Promise<number> {
    const { numAffectedRows } = await sql`
      delete from job_keys k where k.job_id in (
        select k.job_id from job_keys k join jobs j using (job_id)
        where j.finished_at is not null and (
          j.finished_at <= ${new Date(now.getTime() - keptMs)}::timestamptz
          or (j.status = 'succeeded' and not exists (select from job_log_attempts a where a.job_id = j.job_id and a.completed_at is null and a.check_at is not null)
            and exists (select from job_log_attempts a where a.job_id = j.job_id and a.attempt = j.attempt and a.completed_at is not null)))
        union all
        select k.job_id from job_keys k where k.created_at <= ${new Date(now.getTime() - NEVER_QUEUED_MS)}::timestamptz and not exists (select from jobs j where j.job_id = k.job_id)
          and not exists (select from app_changes c where c.change_id = k.job_id and c.finished_at is null)
          and not exists (select from installed_bundles b where b.installed_bundle_id = k.job_id and coalesce(b.finished_at, 'infinity') > ${new Date(now.getTime() - keptMs)}::timestamptz)
          and not exists (select from runs r where r.run_id = k.job_id and coalesce(r.finished_at, 'infinity') > ${new Date(now.getTime() - keptMs)}::timestamptz)
        limit ${DESTROYED_AT_ONCE})`.execute(this.db);
    return Number(numAffectedRows ?? 0n);
  }

  async destroyOf(serverId: string): Promise<void> {
    await this.db.deleteFrom('job_keys').where('job_id', 'in', (query) => query.selectFrom('jobs').select('job_id').where('server_id', '=', serverId)).execute();
  }

  async #keyOf(jobId: string): Promise<Buffer | undefined> {
    const row = await this.db.selectFrom('job_keys').select('sealed_key').where('job_id', '=', jobId).executeTakeFirst();
    return row && Buffer.from(openWithKey(this.masterKeys, row.sealed_key, jobId), 'base64');
  }

  async #presentKeyOf(jobId: string): Promise<Buffer> {
    const key = await this.#keyOf(jobId);
    if (!key) throw new Refusal('job.secrets_gone', 'The sensitive inputs of this job were destroyed, because it is over. Create a new job and give them again.');
    return key;
  }
}
