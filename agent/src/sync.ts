/**
 * Hello and "what is open for me?" in one. Asked at every connect and every two to three minutes, so that a doorbell
 * that nobody heard is made good; the first answer is what makes a new server active.
 */
import { subjects, syncAgent, type CommandReply } from '@citrus/contracts';
import { between, fullJitter, waited, type Backoff } from './backoff.ts';
import type { AgentConfig } from './config.ts';
import type { Connection } from './connection.ts';
import { bootId, collectFacts } from './facts.ts';
import { describe, type Log } from './log.ts';

export type SyncInput = {
  readonly agentId: string;
  readonly config: AgentConfig;
  readonly connection: Pick<Connection, 'ask' | 'reconnect'>;
  readonly onCommand: (signed: unknown) => CommandReply;
  readonly keyIds: () => string[];
  /** The control plane has answered. */
  readonly onAnswered: () => void;
  readonly onClockOffset: (offsetMs: number) => void;
  readonly log: Log;
  readonly signal: AbortSignal;
};

const BACKOFF: Backoff = { firstMs: 1_000, maxMs: 30_000 };
const FAR_OFF_MS = 120_000;

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

export const createSync = () => {
  let alarm = new AbortController();
  const once = async ({ agentId, config, connection, onCommand, keyIds, onAnswered, onClockOffset, log }: SyncInput): Promise<void> => {
    const hello = { agentId, sentAt: new Date().toISOString(), facts: collectFacts(config), bootId: bootId(), keyIds: keyIds() };
    const { commands, serverTime } = await connection.ask(subjects.agent.sync(agentId), hello, syncAgent.reply);
    const offsetMs = Date.parse(serverTime) - Date.now();
    onAnswered();
    onClockOffset(offsetMs);
    if (Math.abs(offsetMs) > FAR_OFF_MS) log.error('clock.off', { offsetMs });
    for (const command of commands) onCommand(command);
  };
  return {
    /** Ask now. */
    wake: () => alarm.abort(),
    run: async (input: SyncInput): Promise<void> => {
      alarm = new AbortController(); // being connected for the first time has already rung it
      const silence = createSilence(input.config.silenceMs);
      for (let tries = 0; !input.signal.aborted; ) {
        const woken = alarm.signal;
        let waitMs = between(120_000, 180_000);
        try {
          await once(input);
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
      }
    },
  };
};
