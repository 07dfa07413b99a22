/**
 * Tells the NATS servers what the accounts may do. A server keeps whatever account JWT it was given last, also an older
 * one, and one that lost its directory starts from its configuration: so what the servers hold is compared with what
 * the keys and contracts say, at every connect and every minute, and pushed again where it differs. What cannot be
 * compared is pushed. Replicas take turns; pushing the same twice harms nobody. A revocation rings; those of a quarter of a
 * second go together, because each push makes a server look at every connection.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '@citrus/kit-messaging';
import { NoRespondersError, RequestError, TimeoutError, type NatsConnection } from '@nats-io/nats-core';
import { accountClaims, type AccountName, type Revoked } from './accounts.ts';
import { claimsOf, mintAccount, saysTheSame } from './jwt.ts';
import { nextClaims } from './next-claims.ts';
import type { AuthKeys } from './trust-directory.ts';

const EVERY_MS = 60_000;
const AFTER_FAILURE_MS = 2000;
const TIMEOUT_MS = 2000;
/** Another replica is at it; what we know may be newer than what it read. */
const OTHERS_TURN_MS = 200;
/** Between two of the agents' signing keys, when their rights change: so long a part of the fleet has to come back. */
const NEXT_KEY_MS = 15_000;
const BATCH_MS = 250;
/** AGENTS first: CONTROL imports from it. SYS is only changed by the bootstrap: this connection lives in it. */
const PUSHED: readonly AccountName[] = ['AGENTS', 'CONTROL'];

const isSilence = (error: unknown): boolean =>
  error instanceof TimeoutError || error instanceof NoRespondersError || (error instanceof RequestError && (error.isNoResponders() || error.cause instanceof TimeoutError));

/**
 * What a server holds; undefined when none knows the account. Then nobody answers, but nor does a server that stands still for a
 * moment, and to push all at once to that one would drop the whole fleet: silence is asked twice.
 */
const lookUp = async (nats: NatsConnection, account: string, isSecond = false): Promise<string | undefined> => {
  try {
    return (await nats.request(`$SYS.REQ.ACCOUNT.${account}.CLAIMS.LOOKUP`, '', { timeout: TIMEOUT_MS })).string() || undefined;
  } catch (error) {
    if (!isSilence(error)) throw error;
    return isSecond ? undefined : lookUp(nats, account, true);
  }
};

type UpdateReply = { readonly error?: { readonly description?: string } };

const push = async (nats: NatsConnection, jwt: string): Promise<void> => {
  const reply = (await nats.request('$SYS.REQ.CLAIMS.UPDATE', jwt, { timeout: TIMEOUT_MS })).json<UpdateReply>();
  if (reply.error) throw new Error(`the NATS server refused an account: ${reply.error.description ?? 'without a reason'}`);
};

export type Round = { readonly pushed: readonly AccountName[]; /** Whether a change of rights has more keys to go. */ readonly isUnderWay: boolean };

/** What is to be told; an account whose revocations nobody can say at the moment is left as the servers have it. */
export type Told = Revoked & { readonly leaveAlone?: readonly AccountName[] };

/** One round: what the servers hold, compared with what they should. */
export const pushClaims = async (nats: NatsConnection, { publicKeys, operatorSigning }: AuthKeys, { leaveAlone = [], ...revoked }: Told = {}): Promise<Round> => {
  const claims = accountClaims(publicKeys, revoked);
  const pushed: AccountName[] = [];
  let isUnderWay = false;
  for (const name of PUSHED.filter((one) => !leaveAlone.includes(one))) {
    const held = await lookUp(nats, publicKeys.accounts[name]);
    if (held !== undefined && saysTheSame(held, claims[name])) continue;
    // Services' keys sign one program each, so there is nothing to spread.
    const step = name === 'AGENTS' ? nextClaims(held === undefined ? undefined : claimsOf(held), claims[name]) : { claims: claims[name], isLast: true };
    await push(nats, await mintAccount(name, publicKeys.accounts[name], step.claims, operatorSigning));
    pushed.push(name);
    isUnderWay ||= !step.isLast;
  }
  return { pushed, isUnderWay };
};

export type ClaimsPusherParts = {
  readonly keys: AuthKeys;
  readonly connect: (signal: AbortSignal) => Promise<NatsConnection>;
  /** Runs the work unless another replica is at it; whether it ran. */
  readonly inTurn: (work: () => Promise<void>) => Promise<boolean>;
  /** Read within the turn, so that nobody pushes less than was pushed before. */
  readonly revoked: () => Promise<Told>;
  /** Resolves when there may be news, or `signal` aborts. */
  readonly rung: (signal: AbortSignal) => Promise<void>;
  /** Whether somebody was revoked since the last reading. */
  readonly hasNews: () => Promise<boolean>;
  readonly nextKeyMs?: number;
  readonly logger: Logger;
};

/** When the next round is due: after a while, or at once when the connection came back, also if it did during a round. */
class NextRound {
  #isDue = false;
  #sooner = new AbortController();

  /** Ends with the connection. */
  async follow(nats: NatsConnection): Promise<void> {
    for await (const { type } of nats.status()) if (type === 'reconnect') this.ring();
  }

  ring(): void {
    this.#isDue = true;
    this.#sooner.abort();
  }

  async wait(afterMs: number, signal: AbortSignal): Promise<void> {
    this.#sooner = new AbortController();
    try {
      if (!this.#isDue) await delay(afterMs, undefined, { signal: AbortSignal.any([signal, this.#sooner.signal]) });
    } catch (error) {
      if (!(error instanceof Error && error.name === 'AbortError')) throw error;
    }
    this.#isDue = false;
  }
}

/**
 * Rings for every batch of revocations. The log is looked at when a batch is over and not for each append of a busy log. What
 * goes wrong here is only slower: a round comes each minute anyway.
 */
const listen = async ({ rung, hasNews, logger }: ClaimsPusherParts, nextRound: NextRound, signal: AbortSignal): Promise<void> => {
  while (!signal.aborted) {
    try {
      await rung(signal);
      await delay(BATCH_MS, undefined, { signal });
      if (!(await hasNews())) continue;
      nextRound.ring();
      // Until the round has read them they are still news.
      await delay(BATCH_MS, undefined, { signal });
    } catch (error) {
      if (signal.aborted) return;
      logger.warn({ event: 'claims.no_news', err: error }, 'could not hear of revocations; trying again');
      await delay(AFTER_FAILURE_MS, undefined, { signal }).catch(() => undefined);
    }
  }
};

const pushInTurn = async ({ keys, inTurn, revoked, nextKeyMs = NEXT_KEY_MS, logger }: ClaimsPusherParts, nats: NatsConnection): Promise<number> => {
  let afterMs = EVERY_MS;
  const wasOurs = await inTurn(async () => {
    const { pushed, isUnderWay } = await pushClaims(nats, keys, await revoked());
    if (isUnderWay) afterMs = nextKeyMs;
    if (pushed.length > 0) logger.info({ event: 'claims.pushed', accounts: pushed }, 'the NATS servers were told what the accounts may do');
  });
  return wasOurs ? afterMs : OTHERS_TURN_MS;
};

const keepPushing = async (parts: ClaimsPusherParts, signal: AbortSignal): Promise<void> => {
  const nats = await parts.connect(signal);
  const nextRound = new NextRound();
  void nextRound.follow(nats);
  void listen(parts, nextRound, signal);
  while (!signal.aborted) {
    let afterMs = AFTER_FAILURE_MS;
    try {
      afterMs = await pushInTurn(parts, nats);
    } catch (error) {
      parts.logger.warn({ event: 'claims.push_failed', err: error }, 'could not tell the NATS servers what the accounts may do; trying again');
    }
    await nextRound.wait(afterMs, signal);
  }
  await nats.close();
};

export const startClaimsPusher = (parts: ClaimsPusherParts): { stop(): Promise<void> } => {
  const stopping = new AbortController();
  const running = keepPushing(parts, stopping.signal).catch((error: unknown) => {
    if (!stopping.signal.aborted) parts.logger.error({ event: 'claims.pusher_ended', err: error }, 'nobody tells the NATS servers about accounts any more; restart auth');
  });
  return {
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
};
