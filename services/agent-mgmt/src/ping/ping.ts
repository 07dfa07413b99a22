/**
 * Asks many agents at once whether they are there: a command of its own for each, signed for it alone, all under way
 * together. Nothing is written down, and presence is not asked: what is told is what the agents answered just now.
 */
import { CommandReply, MOST_NAMED_IN_A_PING, subjects, type AgentId, type AgentsPinged, type ServerId, type Unanswered } from '@citrus/contracts';
import type { Clock } from '@citrus/kit-domain';
import { newId } from '@citrus/kit-event-store';
import { RequestError, type NatsConnection } from '@nats-io/nats-core';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { CommandKeys } from '../command/command-keys.ts';
import { signWith } from '../command/doorbell.ts';

export type Pinged = { readonly agentId: AgentId; readonly serverId: ServerId };
type Answered = Pinged & { readonly roundTripMs: number; readonly afterMs: number };
type Missing = AgentsPinged['unanswered'][number];
export type PingParts = { readonly nats: NatsConnection; readonly keys: CommandKeys; readonly clock: Clock };

/** Between two looks at the answers; to sign takes a tenth of a millisecond, and answers must not wait for thousands of them. */
const SIGNED_AT_ONCE = 32;
/** A machine's clock may be wrong; the agent allows for two minutes by itself. */
const GOOD_FOR_MS = 60_000;

/** A thousand of them fit into one message. */
const MOST_OF_A_REASON = 120;

const rounded = (ms: number): number => Math.round(ms * 10) / 10;

const quantile = (sorted: readonly number[], share: number): number => rounded(sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0);

/** Pure: what came of it, as it is told. */
export const summarize = (answered: readonly Answered[], missing: readonly Missing[], tookMs: number): AgentsPinged => {
  const after = answered.map(({ afterMs }) => afterMs).toSorted((a, b) => a - b);
  const count = (because: Unanswered) => missing.filter((one) => one.because === because).length;
  return {
    asked: answered.length + missing.length,
    answered: answered.length,
    tookMs: rounded(tookMs),
    answeredWithin: after.length === 0 ? null : { p50Ms: quantile(after, 0.5), p95Ms: quantile(after, 0.95), p99Ms: quantile(after, 0.99) },
    answers: answered.toSorted((a, b) => b.roundTripMs - a.roundTripMs).slice(0, MOST_NAMED_IN_A_PING).map(({ agentId, serverId, roundTripMs }) => ({ agentId, serverId, roundTripMs: rounded(roundTripMs) })),
    unanswered: missing.slice(0, MOST_NAMED_IN_A_PING),
    unansweredBecause: { offline: count('offline'), silent: count('silent'), refused: count('refused') },
  };
};

const whyNot = (error: unknown): Omit<Missing, keyof Pinged> => ({ because: error instanceof RequestError && error.isNoResponders() ? 'offline' : 'silent' });

/** What an answer says; anything that is none came from no agent of ours. */
const readAnswer = (text: string): Omit<Missing, keyof Pinged> | undefined => {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return { because: 'refused', reason: 'It answered something that is no answer.' };
  }
  const reply = CommandReply.safeParse(body);
  if (!reply.success) return { because: 'refused', reason: 'It answered something that is no answer.' };
  return reply.data.outcome === 'refused' ? { because: 'refused', reason: `${reply.data.reason.slice(0, MOST_OF_A_REASON)} [${reply.data.code}]`.toWellFormed() } : undefined;
};

/** Resolves when all have answered or `waitMs` has passed since the last one was asked. */
export const pingAll = async ({ nats, keys, clock }: PingParts, agents: readonly Pinged[], waitMs: number): Promise<AgentsPinged> => {
  const [answered, missing]: [Answered[], Missing[]] = [[], []];
  const beganAt = performance.now();
  const one = async (who: Pinged, body: string): Promise<void> => {
    const sentAt = performance.now();
    try {
      const answer = await nats.request(subjects.agent.command(who.agentId), body, { timeout: waitMs });
      const now = performance.now();
      const fault = readAnswer(answer.string());
      if (fault) missing.push({ ...who, ...fault });
      else answered.push({ ...who, roundTripMs: now - sentAt, afterMs: now - beganAt });
    } catch (error) {
      missing.push({ ...who, ...whyNot(error) });
    }
  };
  const underWay: Promise<void>[] = [];
  for (let from = 0; from < agents.length; from += SIGNED_AT_ONCE) {
    const key = await keys.signing();
    const now = clock();
    const valid = { notBefore: now.toISOString(), expiresAt: new Date(now.getTime() + GOOD_FOR_MS).toISOString() };
    for (const who of agents.slice(from, from + SIGNED_AT_ONCE)) {
      const signed = signWith(key, { type: 'ping', commandId: newId(), agentId: who.agentId, ...valid });
      underWay.push(one(who, JSON.stringify(signed)));
    }
    await nextTurn();
  }
  await Promise.all(underWay);
  return summarize(answered, missing, performance.now() - beganAt);
};
