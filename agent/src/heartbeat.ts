/**
 * Beats: every ten seconds while a job runs, which keeps its lease, and else as often as the control plane has told, within
 * bounds. Each says when the next one comes, so that whoever listens knows for how long silence is none.
 */
import { HEARTBEAT_EVERY_MS, nextBeat, nextBeatEveryMs, subjects, type Heartbeat, type KnownBeats, type Measurements, type Pace } from '@citrus/contracts';
import type { Connection } from './connection.ts';
import { bootId } from './facts.ts';

export type HeartbeatInput = {
  readonly agentId: Heartbeat['agentId'];
  readonly connection: Pick<Connection, 'tell'>;
  readonly running: () => Heartbeat['running'];
  readonly measuring: () => () => Measurements;
  readonly pace: () => Pace;
  readonly signal: AbortSignal;
};
export type Heart = {
  /** Beat now: a job has begun. */
  readonly now: () => void;
  /** And say everything, because nobody may have heard what was said before. */
  readonly anew: () => void;
};

export const startHeartbeat = ({ agentId, connection, running, measuring, pace, signal }: HeartbeatInput): Heart => {
  const measure = measuring();
  const boot = bootId();
  const run = Date.now();
  let known: KnownBeats | undefined;
  let everyMs = HEARTBEAT_EVERY_MS;
  let isWhole = true;
  let timer: NodeJS.Timeout | undefined;
  const beat = (): void => {
    clearTimeout(timer);
    if (signal.aborted) return;
    const { beatEveryMs, wholeBeatEvery } = pace();
    const job = running();
    everyMs = job ? HEARTBEAT_EVERY_MS : nextBeatEveryMs(everyMs, beatEveryMs);
    const next = nextBeat(known, { now: measure(), run, wholeBeatEvery: isWhole ? undefined : wholeBeatEvery });
    const isTold = connection.tell(subjects.agent.heartbeat(agentId), { agentId, at: new Date().toISOString(), bootId: boot, running: job, everyMs, ...next.part });
    if (isTold) [known, isWhole] = [next.known, false];
    timer = setTimeout(beat, everyMs);
  };
  beat();
  signal.addEventListener('abort', () => clearTimeout(timer), { once: true });
  return {
    now: beat,
    anew: () => {
      isWhole = true;
      beat();
    },
  };
};
