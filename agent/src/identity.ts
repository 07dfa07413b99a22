/**
 * Who this agent is to the control plane: its id, its credential for the broker and the keys that commands are signed
 * with. Got once with a one-time token, renewed by proof of the key at 60-70 % of its life, also long after it expired.
 */
import { AgentWelcome, Instant, type SigningKey } from '@citrus/contracts';
import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { readArmedToken } from './armed-token.ts';
import { between, untilItWorks, waited, type Backoff } from './backoff.ts';
import type { AgentConfig } from './config.ts';
import { readIfThere, writeDurably } from './files.ts';
import { HubRefusal, enrol, renew } from './hub.ts';
import { replaceKeys, type Keys } from './keys.ts';
import { describe, type Log } from './log.ts';

const StoredIdentity = AgentWelcome.extend({ receivedAt: Instant, tokenHash: z.string(), keysIssuedAt: Instant.optional() });
type StoredIdentity = z.infer<typeof StoredIdentity>;

const UNREACHABLE: Backoff = { firstMs: 1_000, maxMs: 60_000 };
/** A refusal may pass too: a clock that is set later, a token that is armed again by a rebuild. */
const REFUSED: Backoff = { firstMs: 10_000, maxMs: 600_000 };
const backoffFor = (error: unknown): Backoff => (error instanceof HubRefusal ? REFUSED : UNREACHABLE);
/** Timers cannot wait for weeks. */
const LONGEST_WAIT_MS = 3_600_000;
/** Another credential would not be any better than one of this age. */
const FRESH_FOR_MS = 60_000;

export type Identity = {
  readonly current: () => AgentWelcome;
  /** Renew now, unless it is fresh: the broker turned it down, or a command names a key that is not known. */
  readonly renewNow: () => void;
  /** Checks commands with these keys from now on; false, and nothing changes, if they are older than the present ones. */
  readonly trustKeys: (keys: readonly SigningKey[], issuedAt: string) => boolean;
  /** The keys on this disk are of the past, and there is a token that lets new ones in: everything has to start again. */
  readonly superseded: Promise<Error>;
  /** Keeps the credential fresh until `signal`; calls `onRenewed` with the one before. */
  readonly keepFresh: (onRenewed: (before: AgentWelcome) => void) => Promise<void>;
};

const hashOf = (token: string): string => createHash('sha256').update(token).digest('hex');

/** When to renew, by this machine's clock only: a wrong clock must not make a fresh credential look old. */
export const renewalDueAt = (identity: Pick<StoredIdentity, 'natsJwt' | 'expiresAt' | 'receivedAt'>, share: number): number => {
  const claims = z.object({ iat: z.number() }).parse(JSON.parse(Buffer.from(identity.natsJwt.split('.')[1] ?? '', 'base64url').toString()));
  const lifeMs = Math.max(0, Date.parse(identity.expiresAt) - claims.iat * 1000);
  return Date.parse(identity.receivedAt) + lifeMs * share;
};

/** A server that comes back from its old disk has its old keys, which its rebuild revoked: it needs new ones, not another try. */
const enrolOrNeedKeys = async (hubUrl: string, token: string, keys: Keys): Promise<AgentWelcome | 'needs new keys'> => {
  try {
    return await enrol(hubUrl, token, keys);
  } catch (error) {
    if (error instanceof HubRefusal && error.code === 'agent.key_revoked') return 'needs new keys';
    throw error;
  }
};

/** Not revoked but followed: the hub waits for another agent of this server, and this machine may be it. */
const renewOrFindToken = async ({ config, keys }: Given, agentId: string): Promise<AgentWelcome | { readonly token: string }> => {
  try {
    return await renew(config.hubUrl, agentId, keys);
  } catch (error) {
    const token = error instanceof HubRefusal && error.code === 'agent.superseded' ? await readArmedToken(config.userDataUrls) : undefined;
    if (token === undefined) throw error;
    return { token };
  }
};

type Given = { readonly config: AgentConfig; readonly keys: Keys; readonly log: Log; readonly signal: AbortSignal };

/** Enrols if there is a token that was not used yet. Undefined only if `signal` ended it. */
export const openIdentity = async (given: Given): Promise<Identity | undefined> => {
  const { config, keys, log, signal } = given;
  const file = join(config.stateDir, 'keys', 'identity.json');
  const write = (identity: StoredIdentity): StoredIdentity => {
    writeDurably(file, JSON.stringify(identity));
    return identity;
  };
  const save = (welcome: AgentWelcome, tokenHash: string, keysIssuedAt?: string): StoredIdentity =>
    write({ ...welcome, receivedAt: new Date().toISOString(), tokenHash, ...(keysIssuedAt !== undefined && { keysIssuedAt }) });
  const stored = readIfThere(file);
  const token = readIfThere(config.tokenFile)?.trim() ?? '';
  let identity = stored === undefined ? undefined : StoredIdentity.parse(JSON.parse(stored));
  if (token !== '' && identity?.tokenHash !== hashOf(token)) {
    log.info('agent.enrolling', { hub: config.hubUrl, nkey: keys.nkey });
    const onFailure = (error: unknown, nextInMs: number) => log.error('agent.not_enrolled', { reason: describe(error), nextTryInMs: Math.round(nextInMs) });
    const welcome = await untilItWorks({ action: () => enrolOrNeedKeys(config.hubUrl, token, keys), onFailure, backoff: backoffFor, signal });
    if (welcome === 'needs new keys') {
      replaceKeys(config.stateDir);
      // Everything else began with the old ones; the next start finds the new ones on the disk.
      throw new Error('the keys of this agent were revoked; it made new ones and has to start again with them');
    }
    if (!welcome) return undefined;
    identity = save(welcome, hashOf(token));
    log.info('agent.enrolled', { agentId: welcome.agentId, server_id: welcome.serverId });
  }
  if (!identity) throw new Error(`this agent has no identity and there is no enrolment token in ${config.tokenFile}; run the installation again with a new token`);
  rmSync(config.tokenFile, { force: true });

  let known = identity;
  let wake = new AbortController();
  const renewNow = () => {
    if (Math.abs(Date.now() - Date.parse(known.receivedAt)) > FRESH_FOR_MS) wake.abort();
  };
  const superseded = Promise.withResolvers<Error>();
  /** The token first: a crash in between finds it, and the old identity with it. */
  const startAnew = (armed: string): void => {
    writeDurably(config.tokenFile, `${armed}\n`);
    rmSync(file, { force: true });
    superseded.resolve(new Error('the disk of this machine was written anew; the agent starts again, to enrol with the token of its user data'));
  };
  const keepFresh: Identity['keepFresh'] = async (onRenewed) => {
    while (!signal.aborted) {
      const dueAt = renewalDueAt(known, between(0.6, 0.7));
      while (Date.now() < dueAt && !wake.signal.aborted && !signal.aborted) {
        await waited(Math.min(dueAt - Date.now(), LONGEST_WAIT_MS), AbortSignal.any([signal, wake.signal]));
      }
      const onFailure = (error: unknown, nextInMs: number) => log.error('agent.not_renewed', { reason: describe(error), nextTryInMs: Math.round(nextInMs) });
      const welcome = await untilItWorks({ action: () => renewOrFindToken(given, known.agentId), onFailure, backoff: backoffFor, signal });
      wake = new AbortController();
      if (!welcome) return;
      if ('token' in welcome) return startAnew(welcome.token);
      const before = known;
      known = save(welcome, known.tokenHash, known.keysIssuedAt);
      log.info('agent.renewed', { expiresAt: welcome.expiresAt });
      onRenewed(before);
      // A credential that is already due again (a life of seconds, a clock that jumps) must not become a busy loop.
      await waited(between(1_000, 3_000), signal);
    }
  };
  const trustKeys: Identity['trustKeys'] = (signingKeys, issuedAt) => {
    if (known.keysIssuedAt !== undefined && issuedAt <= known.keysIssuedAt) return false;
    known = write({ ...known, signingKeys: [...signingKeys], keysIssuedAt: issuedAt });
    log.info('keys.trusted', { keyIds: signingKeys.map(({ keyId }) => keyId) });
    return true;
  };
  return { current: () => known, renewNow, trustKeys, superseded: superseded.promise, keepFresh };
};
