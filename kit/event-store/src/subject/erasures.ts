/**
 * Makes every `SubjectErased` of the log come true, in every replica: at once when it is appended, from the log's
 * beginning at every start, and all of them again every minute. So a process that died between the event and the
 * destruction, and a keyring that was brought back from a backup, both end with the key destroyed.
 */
import type { EventEnvelope } from '@citrus/contracts';
import type { EventStore, Logger } from '../event-store.port.ts';
import { backoffMs, pause } from '../database/pause.ts';
import type { WakeUp } from '../database/wake-up.ts';

export const SUBJECT_ERASED = 'SubjectErased';
const PAGE = 500;
const AGAIN_EVERY_MS = 60_000;

type Options = {
  readonly store: Pick<EventStore, 'read'>;
  readonly wakeUp: WakeUp;
  /** Idempotent; destroys the keys as its last act. It may be called for the same subjects in several processes at once. */
  readonly carryOut: (subjectIds: readonly string[]) => Promise<void>;
  readonly logger?: Logger | undefined;
  readonly againEveryMs?: number;
};

/** A busy log rings all the time; nobody who is to be forgotten minds so long. */
const GATHER_MS = 250;

export type Erasures = {
  /** Undefined once everything that the log wanted erased at the start is erased; else what is missing. */
  check(): string | undefined;
  stop(): Promise<void>;
};

const subjectOf = ({ subjectId }: EventEnvelope['data']): string => {
  if (typeof subjectId !== 'string') throw new TypeError(`${SUBJECT_ERASED} does not say whom`);
  return subjectId;
};

export const startErasures = ({ store, wakeUp, carryOut, logger, againEveryMs = AGAIN_EVERY_MS }: Options): Erasures => {
  const stopping = new AbortController();
  const { signal } = stopping;
  const erased = new Set<string>();
  const pending = new Set<string>();
  let position = 0;
  let isCaughtUp = false;
  let problem = 'it reads the log';

  const readOn = async (): Promise<void> => {
    for (;;) {
      // As stored: an erasure that a newer release wrote down counts for this one too.
      const { events, head } = await store.read({ after: position, limit: PAGE, types: [SUBJECT_ERASED], as: 'stored' });
      for (const { data } of events) for (const subjects of [erased, pending]) subjects.add(subjectOf(data));
      position = events.at(-1)?.position ?? head;
      if (events.length === 0) return;
    }
  };

  const run = async (): Promise<void> => {
    const bell = wakeUp.subscribe();
    let again = Date.now() + againEveryMs;
    for (let failures = 0; !signal.aborted; ) {
      try {
        await readOn();
        if (Date.now() >= again) for (const subjectId of erased) pending.add(subjectId);
        const subjectIds = [...pending];
        if (subjectIds.length > 0) await carryOut(subjectIds);
        for (const subjectId of subjectIds) pending.delete(subjectId);
        if (Date.now() >= again) again = Date.now() + againEveryMs;
        isCaughtUp = true;
        failures = 0;
        await pause(GATHER_MS, signal);
        await bell.next(signal);
      } catch (error) {
        failures += 1;
        problem = error instanceof Error ? error.message : String(error);
        logger?.error({ err: error, failures, subjects: pending.size }, 'people who asked to be forgotten are not forgotten yet; it is tried again');
        await pause(backoffMs(failures), signal);
      }
    }
    bell.close();
  };
  const running = run();
  return {
    check: () => (isCaughtUp ? undefined : `erasures are not carried out yet: ${problem}`),
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
};
