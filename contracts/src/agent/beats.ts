/**
 * Heartbeats, and how often they come. A beat is whole or tells only what is not as the last whole one said: whoever has
 * that whole one knows everything, whatever was lost, came twice or out of order in between. Agents from before this send
 * whole ones only.
 */
import { z } from 'zod';
import { AgentId, Instant, JobId, plainText } from '../ids.ts';

export const HEARTBEAT_EVERY_MS = 10_000;
const SLOWEST_BEAT_MS = 300_000;
/** Of an agent that beats as often as it can; one that was told to be slower is waited for longer, see `offlineAfterMs`. */
export const OFFLINE_AFTER_MS = 25_000;

const Counted = z.int().min(0);
const Measured = {
  load1: z.number(), cpuPercent: z.number().min(0).max(100),
  memoryUsedBytes: z.int(), memoryTotalBytes: z.int(), diskUsedBytes: z.int(), diskTotalBytes: z.int(),
  networkInBytes: z.int(), networkOutBytes: z.int(), uptimeSeconds: z.number(),
};
const common = {
  agentId: AgentId, at: Instant, bootId: plainText(128),
  running: z.object({ jobId: JobId, attempt: z.int().min(1).max(1_000_000_000) }).nullable(),
  /** When the agent will be heard of again at the latest. */
  everyMs: z.int().min(0).optional(),
};
/** One life of an agent, by the moment it began, and the number of the beat in it. */
const Place = { run: Counted, seq: Counted };

/** On `agent.<id>.heartbeat`; it also extends the lease of the attempt it names. */
export const Heartbeat = z.object({ ...common, ...Measured, run: Counted.optional(), seq: Counted.optional() });
export type Heartbeat = z.infer<typeof Heartbeat>;

/** There too: what is not as the whole beat `base` of the same run said. */
export const HeartbeatChange = z.object({ ...common, ...Place, base: Counted, changed: z.object(Measured).partial() });
export type HeartbeatChange = z.infer<typeof HeartbeatChange>;

/** Either of them. */
export const AnyHeartbeat = z.union([HeartbeatChange, Heartbeat]);
export type AnyHeartbeat = z.infer<typeof AnyHeartbeat>;

export const MEASUREMENTS = Object.keys(Measured) as readonly (keyof typeof Measured)[];
export type Measurements = Pick<Heartbeat, (typeof MEASUREMENTS)[number]>;

/** How an agent should go about it, told in the answer to its hello; it keeps within bounds of its own whatever it is told. */
export const Pace = z.object({
  /** Of an agent with nothing to do; one that runs a job beats every ten seconds. */
  beatEveryMs: z.int().optional(),
  /** Agents that lost the broker together come back spread over this time. */
  reconnectWindowMs: z.int().optional(),
  /** Those that came back together say hello spread over this time. */
  helloWithinMs: z.int().optional(),
  /** Beats in between may tell only what differs from the whole one before; every so many-th is whole. */
  wholeBeatEvery: z.int().optional(),
});
export type Pace = z.infer<typeof Pace>;

export const beatEveryMsWithin = (told: number | undefined): number => Math.min(SLOWEST_BEAT_MS, Math.max(HEARTBEAT_EVERY_MS, told ?? HEARTBEAT_EVERY_MS));

/** How long after a beat its agent counts as there. Who says nothing about its pace beats every ten seconds. */
export const offlineAfterMs = (everyMs: number | undefined): number => (OFFLINE_AFTER_MS / HEARTBEAT_EVERY_MS) * beatEveryMsWithin(everyMs);

/** Each interval is at most so many times the one before: then a beat may be lost on the way to a slower pace, and nobody takes its agent for gone. */
const SLOWER_BY = 1.4;
export const nextBeatEveryMs = (present: number, told: number | undefined): number => Math.min(beatEveryMsWithin(told), Math.round(beatEveryMsWithin(present) * SLOWER_BY));

/** What is known of an agent's beats: its last whole one, and the measurements as the newest beat has them. */
export type KnownBeats = { readonly run: number; readonly base: number; readonly seq: number; readonly whole: Measurements; readonly now: Measurements };

const measurementsOf = (beat: Measurements): Measurements => Object.fromEntries(MEASUREMENTS.map((name) => [name, beat[name]])) as Measurements;

/** A later life of the agent, or later in the same one. A clock that was set back is believed when the old life has long said nothing. */
const isLater = (known: KnownBeats, { run, seq }: { run: number; seq: number }, isKnownOld: boolean): boolean => (run === known.run ? seq > known.seq : run > known.run || isKnownOld);

/**
 * What is known after one more beat; undefined where the beat adds nothing: it is old, came twice, or its whole one is missing.
 * @param isKnownOld nothing was heard for long
 */
export const learnBeat = (known: KnownBeats | undefined, beat: AnyHeartbeat, isKnownOld = false): KnownBeats | undefined => {
  const { run, seq } = beat;
  if ('changed' in beat) {
    if (!known || beat.run !== known.run || beat.base !== known.base || beat.seq <= known.seq) return undefined;
    return { ...known, seq: beat.seq, now: { ...known.whole, ...beat.changed } as Measurements };
  }
  const whole = measurementsOf(beat);
  if (run === undefined || seq === undefined) return { run: 0, base: 0, seq: 0, whole, now: whole };
  if (known && !isLater(known, { run, seq }, isKnownOld)) return undefined;
  return { run, base: seq, seq, whole, now: whole };
};

/** How far a number may be off before it is told: enough for a graph, and an idle machine has nothing to tell. */
const isNews: Readonly<Record<keyof Measurements, (said: number, is: number) => boolean>> = {
  load1: (said, is) => Math.abs(said - is) >= Math.max(0.1, said / 20),
  cpuPercent: (said, is) => Math.abs(said - is) >= 1,
  memoryUsedBytes: (said, is) => Math.abs(said - is) >= Math.max(4 * 1024 ** 2, said / 100),
  memoryTotalBytes: (said, is) => said !== is,
  diskUsedBytes: (said, is) => Math.abs(said - is) >= Math.max(16 * 1024 ** 2, said / 1000),
  diskTotalBytes: (said, is) => said !== is,
  networkInBytes: (said, is) => Math.abs(said - is) >= 64 * 1024,
  networkOutBytes: (said, is) => Math.abs(said - is) >= 64 * 1024,
  // It goes on by itself; a beat has its time.
  uptimeSeconds: () => false,
};

/** The agent's side: the next beat, whole or not, and what whoever has heard it knows then. */
export const nextBeat = (
  known: KnownBeats | undefined,
  { now, run, wholeBeatEvery }: { readonly now: Measurements; readonly run: number; /** None: whole ones only. */ readonly wholeBeatEvery: number | undefined },
): { readonly known: KnownBeats; readonly part: { run: number; seq: number } & (Measurements | { base: number; changed: Partial<Measurements> }) } => {
  const seq = (known?.seq ?? 0) + 1;
  if (!known || wholeBeatEvery === undefined || seq - known.base >= wholeBeatEvery) return { known: { run, base: seq, seq, whole: now, now }, part: { run, seq, ...now } };
  const changed: Partial<Measurements> = Object.fromEntries(MEASUREMENTS.filter((name) => isNews[name](known.whole[name], now[name])).map((name) => [name, now[name]]));
  return { known: { ...known, seq, now: { ...known.whole, ...changed } }, part: { run, seq, base: known.base, changed } };
};
