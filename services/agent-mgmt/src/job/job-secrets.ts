/**
 * Sensitive inputs at rest. Each job has a key of its own, kept sealed with the master key outside the log: events
 * hold only what that key sealed, and destroying its row makes those texts unreadable for ever.
 */
import { randomBytes } from 'node:crypto';
import { canonicalJson, type InputValue } from '@citrus/contracts';
import { openWithKey, sealWithKey, type MasterKeys } from '@citrus/kit-crypto';
import type { Kysely } from 'kysely';
import type { AgentMgmtDatabase } from '../database.ts';

export type Secrets = Readonly<Record<string, InputValue>>;

const KEY_BYTES = 32;

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
    return sealWithKey(await this.#presentKeyOf(jobId), JSON.stringify(secrets), jobId);
  }

  async open(jobId: string, sealed: string): Promise<Secrets> {
    return sealed === '' ? {} : (JSON.parse(openWithKey(await this.#presentKeyOf(jobId), sealed, jobId)) as Secrets);
  }

  /** Secrets whose key was destroyed are the same as any others: nobody can tell any more. */
  async areSame(jobId: string, sealed: string, secrets: Secrets): Promise<boolean> {
    if (sealed !== '' && !(await this.#keyOf(jobId))) return true;
    return canonicalJson(await this.open(jobId, sealed)) === canonicalJson(secrets);
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
    if (!key) throw new Error(`the key of job ${jobId} was destroyed; its sensitive inputs are gone`);
    return key;
  }
}
