/**
 * Tells the NATS servers what the accounts may do. A server keeps whatever account JWT it was given last, also an older
 * one, and one that lost its directory starts from its configuration: so what the servers hold is compared with what
 * the keys and contracts say, at every connect and every minute, and pushed again where it differs. What cannot be
 * compared is pushed. Replicas take turns; pushing the same twice harms nobody.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '@citrus/kit-messaging';
import { NoRespondersError, RequestError, TimeoutError, type NatsConnection } from '@nats-io/nats-core';
import { accountClaims, type AccountName } from './accounts.ts';
import { mintAccount, saysTheSame } from './jwt.ts';
import type { AuthKeys } from './trust-directory.ts';

const EVERY_MS = 60_000;
const AFTER_FAILURE_MS = 2000;
const TIMEOUT_MS = 2000;
/** AGENTS first: CONTROL imports from it. SYS is only changed by the bootstrap: this connection lives in it. */
const PUSHED: readonly AccountName[] = ['AGENTS', 'CONTROL'];

const isSilence = (error: unknown): boolean =>
  error instanceof TimeoutError || error instanceof NoRespondersError || (error instanceof RequestError && (error.isNoResponders() || error.cause instanceof TimeoutError));

/** What a server holds; undefined when none knows the account. */
const lookUp = async (nats: NatsConnection, account: string): Promise<string | undefined> => {
  try {
    return (await nats.request(`$SYS.REQ.ACCOUNT.${account}.CLAIMS.LOOKUP`, '', { timeout: TIMEOUT_MS })).string() || undefined;
  } catch (error) {
    if (isSilence(error)) return undefined;
    throw error;
  }
};

type UpdateReply = { readonly error?: { readonly description?: string } };

const push = async (nats: NatsConnection, jwt: string): Promise<void> => {
  const reply = (await nats.request('$SYS.REQ.CLAIMS.UPDATE', jwt, { timeout: TIMEOUT_MS })).json<UpdateReply>();
  if (reply.error) throw new Error(`the NATS server refused an account: ${reply.error.description ?? 'without a reason'}`);
};

/** One round; says which accounts had to be pushed. */
export const pushClaims = async (nats: NatsConnection, { publicKeys, operatorSigning }: AuthKeys): Promise<AccountName[]> => {
  const claims = accountClaims(publicKeys);
  const pushed: AccountName[] = [];
  for (const name of PUSHED) {
    const held = await lookUp(nats, publicKeys.accounts[name]);
    if (held !== undefined && saysTheSame(held, claims[name])) continue;
    await push(nats, await mintAccount(name, publicKeys.accounts[name], claims[name], operatorSigning));
    pushed.push(name);
  }
  return pushed;
};

export type ClaimsPusherParts = {
  readonly keys: AuthKeys;
  readonly connect: (signal: AbortSignal) => Promise<NatsConnection>;
  /** Runs the work unless another replica is at it. */
  readonly inTurn: (work: () => Promise<void>) => Promise<void>;
  readonly logger: Logger;
};

/** When the next round is due: after a while, or at once when the connection came back, also if it did during a round. */
class NextRound {
  #isDue = false;
  #sooner = new AbortController();

  /** Ends with the connection. */
  async follow(nats: NatsConnection): Promise<void> {
    for await (const { type } of nats.status()) {
      if (type !== 'reconnect') continue;
      this.#isDue = true;
      this.#sooner.abort();
    }
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

const keepPushing = async ({ keys, connect, inTurn, logger }: ClaimsPusherParts, signal: AbortSignal): Promise<void> => {
  const nats = await connect(signal);
  const nextRound = new NextRound();
  void nextRound.follow(nats);
  while (!signal.aborted) {
    let afterMs = EVERY_MS;
    try {
      await inTurn(async () => {
        const pushed = await pushClaims(nats, keys);
        if (pushed.length > 0) logger.info({ event: 'claims.pushed', accounts: pushed }, 'the NATS servers were told what the accounts may do');
      });
    } catch (error) {
      afterMs = AFTER_FAILURE_MS;
      logger.warn({ event: 'claims.push_failed', err: error }, 'could not tell the NATS servers what the accounts may do; trying again');
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
