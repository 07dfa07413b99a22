/** A ping of all, ours through the hub and the bare one in turns. Nobody is timed before everybody has answered once. */
import type { AgentsPinged } from '@citrus/contracts';
import { median } from '../measure.ts';
import type { Child } from './children.ts';
import type { Person } from './person.ts';

const ROUNDS = 5;
const WAIT_MS = 10_000;
const TRIES = 5;

/** @throws with the names of those who did not answer */
export const assertAllAnswer = async (person: Person, expected: number): Promise<void> => {
  let pinged = await pingOnce(person);
  for (let tries = 1; tries < TRIES && pinged.answered !== expected; tries += 1) pinged = await pingOnce(person);
  if (pinged.asked === expected && pinged.answered === expected) return;
  const missing = pinged.unanswered.slice(0, 20).map(({ agentId, because, reason }) => `${agentId} (${reason ?? because})`);
  throw new Error(`expected ${expected} agents, ${pinged.answered} of ${pinged.asked} answered; not: ${missing.join(', ')}${pinged.asked - pinged.answered > missing.length ? ' …' : ''}`);
};

export const pingOnce = (person: Person): Promise<AgentsPinged> => person.ask<AgentsPinged>('POST', '/api/agents/ping', { waitMs: WAIT_MS });

export type PingFigures = { readonly p99Ms: number; readonly perSecond: number; readonly barePerSecond: number; readonly vsBare: number; readonly unanswered: number };

/** The time is that of the whole request, from the person to the answer about everybody. */
export const measurePings = async (person: Person, bare: Child, expected: { readonly ours: number; readonly bare: number }): Promise<PingFigures> => {
  await assertAllAnswer(person, expected.ours);
  await askBare(bare, expected.bare);
  const rounds: { ours: number; bare: number; p99Ms: number; unanswered: number }[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const startedAt = performance.now();
    const pinged = await pingOnce(person);
    const tookMs = performance.now() - startedAt;
    // What is not told by the answer (the hub, the sign-in, the list of agents) came before the first command.
    const p99Ms = (pinged.answeredWithin?.p99Ms ?? Infinity) + (tookMs - pinged.tookMs);
    rounds.push({ ours: (pinged.answered * 1000) / tookMs, bare: await askBare(bare, expected.bare), p99Ms, unanswered: pinged.asked - pinged.answered });
  }
  return {
    p99Ms: median(rounds.map(({ p99Ms }) => p99Ms)), perSecond: median(rounds.map(({ ours }) => ours)), barePerSecond: median(rounds.map((round) => round.bare)),
    vsBare: median(rounds.map(({ ours, bare: peer }) => ours / peer)), unanswered: rounds.reduce((sum, { unanswered }) => sum + unanswered, 0),
  };
};

const askBare = async (bare: Child, expected: number): Promise<number> => {
  const told = bare.next('answered');
  bare.say('go');
  const { answered, ms } = (await told) as { answered: number; ms: number };
  if (answered !== expected) throw new Error(`of the bare connections only ${answered} of ${expected} answered`);
  return (answered * 1000) / ms;
};
