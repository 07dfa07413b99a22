/**
 * The Ed25519 keys that commands are signed with, in the database sealed with the master key, shared by all replicas.
 * There are always two: the one that signs, and the next one, which agents learn long before it signs. The one before
 * stays until no agent can know only that one: it vouches for the others, and then its private part is destroyed.
 */
import type { RotatedCommandKey, SigningKey } from '@citrus/contracts';
import { commandSigner, generateSigningKeys, openWithKey, SealBroken, sealWithKey, sha256Digest, type MasterKeys, type SignCommand } from '@citrus/kit-crypto';
import { Refusal, type Clock } from '@citrus/kit-domain';
import { sql, type Kysely, type Selectable, type Transaction } from 'kysely';
import type { AgentMgmtDatabase } from '../database.ts';

export type SecretSigningKey = SigningKey & { readonly sign: SignCommand };
type Row = Selectable<AgentMgmtDatabase['command_keys']>;

/** Agents that are connected ask every two to three minutes whether there are new keys. */
export const PUBLISHED_BEFORE_MS = 10 * 60_000;
/** A credential lives up to 26.4 hours, and whoever renews it gets all keys; an hour for clocks that differ. */
export const PUBLISHED_AFTER_MS = 28 * 3_600_000;
/** Replicas follow a rotation within this time; both keys are known until long after. */
const LOOK_AGAIN_MS = 1000;

const newRow = (masterKeys: MasterKeys, role: 'next' | 'current', at: Date) => {
  const { publicKey, privateKey } = generateSigningKeys();
  const keyId = sha256Digest(publicKey).slice('sha256:'.length, 'sha256:'.length + 16);
  return { key_id: keyId, public_key: publicKey, sealed_private_key: sealWithKey(masterKeys, privateKey, keyId), role, created_at: at, retired_at: null };
};

const tooSoon = (until: Date) =>
  new Refusal('command_key.too_soon', `The next key was made a moment ago, and not every agent can know it yet. Rotate after ${until.toISOString()}; if the present key has leaked, say so ("compromised") and it is given up at once.`);

export class CommandKeys {
  #rows: { readonly rows: Promise<readonly Row[]>; readonly until: number } | undefined;
  readonly #opened = new Map<string, SecretSigningKey>();

  constructor(
    private readonly db: Kysely<AgentMgmtDatabase>,
    private readonly masterKeys: MasterKeys,
    private readonly clock: Clock,
  ) {}

  /** The key that signs; for an agent that does not know it yet, the newest one that it knows and that is still good. */
  async signing(knownIds?: readonly string[]): Promise<SecretSigningKey> {
    const rows = await this.#usable();
    const current = rows.find(({ role }) => role === 'current');
    if (!current) throw new Error('there is no command key');
    const known = knownIds === undefined || knownIds.includes(current.key_id) ? current : rows.findLast(({ key_id: id }) => knownIds.includes(id));
    return this.#open(known ?? current);
  }

  /** What is wrong with the key, if anything is. */
  async check(): Promise<string | undefined> {
    try {
      await this.signing();
      return undefined;
    } catch (error) {
      if (error instanceof SealBroken) return `the command key in the database was sealed with another master key; give the right CITRUS_MASTER_KEY_FILE (${error.message})`;
      throw error;
    }
  }

  /** The oldest first. */
  async published(): Promise<SigningKey[]> {
    return (await this.#usable()).map(({ key_id: keyId, public_key: publicKey }) => ({ keyId, publicKey }));
  }

  /** @throws Refusal `command_key.too_soon` while an agent that is connected may not know the next key. */
  async rotate({ compromised }: { compromised: boolean }): Promise<RotatedCommandKey> {
    await this.#usable();
    const rotated = await this.db.transaction().execute(async (trx) => {
      await this.#lock(trx);
      const at = this.clock();
      return compromised ? await this.#giveUp(trx, at) : await this.#follow(trx, at);
    });
    this.#rows = undefined;
    return rotated;
  }

  /** The private part of a key that nobody is told of any more has no use left. */
  async destroyOld(): Promise<void> {
    await this.db.updateTable('command_keys').set({ sealed_private_key: null }).where('role', '=', 'retired').where('retired_at', '<=', this.#forgottenSince()).where('sealed_private_key', 'is not', null).execute();
  }

  async #follow(trx: Transaction<AgentMgmtDatabase>, at: Date): Promise<RotatedCommandKey> {
    const { key_id: current, created_at: madeAt } = await trx.selectFrom('command_keys').selectAll().where('role', '=', 'next').executeTakeFirstOrThrow();
    const knownFrom = new Date(madeAt.getTime() + PUBLISHED_BEFORE_MS);
    if (at < knownFrom) throw tooSoon(knownFrom);
    await trx.updateTable('command_keys').set({ role: 'retired', retired_at: at }).where('role', '=', 'current').execute();
    await trx.updateTable('command_keys').set({ role: 'current' }).where('key_id', '=', current).execute();
    const next = newRow(this.masterKeys, 'next', at);
    await trx.insertInto('command_keys').values(next).execute();
    return { current, next: next.key_id, previousUntil: new Date(at.getTime() + PUBLISHED_AFTER_MS).toISOString() };
  }

  /** Whoever has one of the keys may have all of them. */
  async #giveUp(trx: Transaction<AgentMgmtDatabase>, at: Date): Promise<RotatedCommandKey> {
    await trx.updateTable('command_keys').set({ role: 'retired', retired_at: new Date(0), sealed_private_key: null }).execute();
    const [current, next] = [newRow(this.masterKeys, 'current', at), newRow(this.masterKeys, 'next', at)];
    await trx.insertInto('command_keys').values([current, next]).execute();
    return { current: current.key_id, next: next.key_id, previousUntil: null };
  }

  #forgottenSince(): Date {
    return new Date(this.clock().getTime() - PUBLISHED_AFTER_MS);
  }

  /** A failure is not remembered. */
  #usable(): Promise<readonly Row[]> {
    const now = performance.now();
    if (this.#rows && now < this.#rows.until) return this.#rows.rows;
    const rows = this.#read().catch((error: unknown) => {
      this.#rows = undefined;
      throw error;
    });
    this.#rows = { rows, until: now + LOOK_AGAIN_MS };
    return rows;
  }

  async #read(): Promise<readonly Row[]> {
    const read = () =>
      this.db.selectFrom('command_keys').selectAll()
        .where((either) => either.or([either('role', '<>', 'retired'), either('retired_at', '>', this.#forgottenSince())]))
        // Those that were made at the same moment in the order in which they come into use.
        .orderBy('created_at').orderBy(sql`array_position(array['retired', 'current', 'next'], role)`).execute();
    const rows = await read();
    if (rows.filter(({ role }) => role !== 'retired').length === 2) return rows;
    await this.db.transaction().execute((trx) => this.#makeMissing(trx));
    return await read();
  }

  async #makeMissing(trx: Transaction<AgentMgmtDatabase>): Promise<void> {
    await this.#lock(trx);
    const there = await trx.selectFrom('command_keys').select('role').where('role', '<>', 'retired').execute();
    const missing = (['current', 'next'] as const).filter((role) => !there.some((row) => row.role === role));
    if (missing.length > 0) await trx.insertInto('command_keys').values(missing.map((role) => newRow(this.masterKeys, role, this.clock()))).execute();
  }

  async #lock(trx: Transaction<AgentMgmtDatabase>): Promise<void> {
    await sql`select pg_advisory_xact_lock(hashtextextended('agent-mgmt.command-keys', 0))`.execute(trx);
  }

  #open({ key_id: keyId, public_key: publicKey, sealed_private_key: sealed }: Row): SecretSigningKey {
    const known = this.#opened.get(keyId);
    if (known) return known;
    const opened = { keyId, publicKey, sign: commandSigner(openWithKey(this.masterKeys, sealed ?? '', keyId)) };
    this.#opened.set(keyId, opened);
    return opened;
  }
}
