/** How often agents beat, and over how long they come back: more of them, or a busy database, and each is asked to do it less. */
import { HEARTBEAT_EVERY_MS, type Pace } from '@citrus/contracts';

/** What a control plane of two processors hears without noticing it. */
const BEATS_A_SECOND = 1500;
/** Sign-ins a second that a broker and what is behind it bear while everything else goes on. */
const SIGN_INS_A_SECOND = 400;
const HELLOS_A_SECOND = 150;
/** Of two replicas each hears a part; what waits longer than this to be written is too much. */
const LATE_MS = 2_000;
const SLOWEST_MS = 300_000;
const WHOLE_BEAT_EVERY = 6;

/**
 * @param agents those that are there
 * @param lateMs how long the last beats have waited to be written
 */
export const paceOf = ({ agents, lateMs }: { readonly agents: number; readonly lateMs: number }): Required<Pace> => {
  const needed = Math.max(HEARTBEAT_EVERY_MS, (agents * 1000) / BEATS_A_SECOND);
  const slowed = lateMs > LATE_MS ? needed * 2 ** Math.min(5, Math.ceil(Math.log2(lateMs / LATE_MS))) : needed;
  return {
    beatEveryMs: Math.round(Math.min(SLOWEST_MS, slowed)),
    reconnectWindowMs: Math.round((agents * 1000) / SIGN_INS_A_SECOND),
    helloWithinMs: Math.round((agents * 1000) / HELLOS_A_SECOND),
    wholeBeatEvery: WHOLE_BEAT_EVERY,
  };
};
