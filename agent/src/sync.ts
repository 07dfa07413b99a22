/**
 * Hello and "what is open for me?" in one. Asked at every connect and every two to three minutes, so that a doorbell
 * that nobody heard is made good; the first answer is what makes a new server active.
 */
import { subjects, syncAgent, type CommandReply, type Facts, type Pace } from '@citrus/contracts';
import { between, fullJitter, waited, type Backoff } from './backoff.ts';
import type { Connection } from './connection.ts';
import { bootId, digestOfFacts } from './facts.ts';
import { describe, type Log } from './log.ts';

export type SyncInput = {
  readonly agentId: string;
  /** What the machine is now. */
  readonly facts: () => Facts;
  /** After so long without an answer another connection is tried. */
  readonly silenceMs: number;
  readonly connection: Pick<Connection, 'ask' | 'isConnected' | 'reconnect'>;
  readonly onCommand: (signed: unknown) => CommandReply;
  readonly keyIds: () => string[];
  /** The control plane has answered. */
  readonly onAnswered: () => void;
  readonly onClockOffset: (offsetMs: number) => void;
  /** How often to beat, and over how long to come back, from now on. */
  readonly onPace: (pace: Pace) => void;
  readonly pace: () => Pace;
  readonly log: Log;
  readonly signal: AbortSignal;
};

const BACKOFF: Backoff = { firstMs: 1_000, maxMs: 30_000 };
const FAR_OFF_MS = 120_000;
/** Whatever the control plane tells: an agent that comes back is asked for its jobs soon. */
const HELLO_WITHIN_AT_MOST_MS = 120_000;

/** A connection can live on although nobody is at its other end any more: another one may lead to somebody. */
const createSilence = (leaveAfterMs: number) => {
  // Agents that lost the control plane together do not all come back together.
  const limit = () => between(leaveAfterMs, leaveAfterMs * 1.5);
  let leaveAt = performance.now() + limit();
  return {
    broken: () => (leaveAt = performance.now() + limit()),
    isTooLong: () => performance.now() > leaveAt,
  };
};

type Named = { readonly facts: Facts } | { readonly factsDigest: Facts['agentDigest'] };

/** Facts are told when they are others than those that were taken; until then their digest says that they are the same. */
const createTelling = () => {
  let taken: string | undefined;
  let isComparable = true;
  return {
    name: (facts: Facts, isFull: boolean): Named => {
      const digest = digestOfFacts(facts);
      return !isFull && isComparable && digest === taken ? { factsDigest: digest } : { facts };
    },
    answered: (facts: Facts, wantsFacts: boolean | undefined, knowsDigests: boolean): void => {
      // Another version of the control plane may read facts in another way: then they are told each time.
      if (wantsFacts) isComparable = false;
      if (knowsDigests) taken = digestOfFacts(facts);
    },
  };
};

export const createSync = () => {
  let alarm = new AbortController();
  let isComeback = false;
  const telling = createTelling();
  const once = async (input: SyncInput, isFull = false): Promise<void> => {
    const { agentId, connection, onCommand, keyIds, onAnswered, onClockOffset, onPace, log } = input;
    const facts = input.facts();
    const hello = { agentId, sentAt: new Date().toISOString(), ...telling.name(facts, isFull), bootId: bootId(), keyIds: keyIds() };
    const { commands, serverTime, pace, wantsFacts } = await connection.ask(subjects.agent.sync(agentId), hello, syncAgent.reply);
    const offsetMs = Date.parse(serverTime) - Date.now();
    onAnswered();
    onClockOffset(offsetMs);
    onPace(pace ?? {});
    telling.answered(facts, wantsFacts, pace !== undefined);
    if (Math.abs(offsetMs) > FAR_OFF_MS) log.error('clock.off', { offsetMs });
    for (const command of commands) onCommand(command);
    if (wantsFacts && !isFull) await once(input, true);
  };
  return {
    /** Ask now. */
    wake: () => alarm.abort(),
    /** Ask soon: the broker was away, perhaps for a whole fleet. Doors can be rung at meanwhile. */
    comeback: () => {
      isComeback = true;
      alarm.abort();
    },
    run: async (input: SyncInput): Promise<void> => {
      alarm = new AbortController(); // being connected for the first time has already rung it
      const silence = createSilence(input.silenceMs);
      for (let tries = 0; !input.signal.aborted; ) {
        const woken = alarm.signal;
        let waitMs = between(120_000, 180_000);
        try {
          // Without a connection nobody hears it; the comeback wakes us.
          if (input.connection.isConnected()) await once(input);
          silence.broken();
          tries = 0;
        } catch (error) {
          waitMs = fullJitter(tries, BACKOFF);
          tries += 1;
          input.log.warn('sync.not_answered', { reason: describe(error), nextTryInMs: Math.round(waitMs) });
          if (silence.isTooLong()) {
            input.log.warn('control_plane.silent', {});
            silence.broken();
            input.connection.reconnect();
          }
        }
        await waited(waitMs, AbortSignal.any([input.signal, woken]));
        if (woken.aborted) alarm = new AbortController();
        if (isComeback) await waited(between(0, Math.min(HELLO_WITHIN_AT_MOST_MS, input.pace().helloWithinMs ?? 0)), AbortSignal.any([input.signal, alarm.signal]));
        isComeback = false;
      }
    },
  };
};
