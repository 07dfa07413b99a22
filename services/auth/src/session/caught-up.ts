import { setTimeout as pause } from 'node:timers/promises';
import type { EventStore, Projections } from '@citrus/kit-event-store';

/** A read model that is paused or stuck must not keep people waiting for long. */
const [PATIENCE_MS, LOOK_AGAIN_MS] = [2000, 10];

/** Waits for these read models, but not for others and not for long; says how far they are, and how far the log was. */
export const caughtUp = async (parts: { readonly store: Pick<EventStore, 'head'>; readonly projections: Pick<Projections, 'status'> }, names: readonly string[]): Promise<{ readonly position: number; readonly head: number }> => {
  const head = await parts.store.head();
  const reached = () => Math.min(...parts.projections.status().filter(({ name }) => names.includes(name)).map(({ position }) => position));
  for (let waitedMs = 0; reached() < head && waitedMs < PATIENCE_MS; waitedMs += LOOK_AGAIN_MS) await pause(LOOK_AGAIN_MS);
  return { position: Math.min(head, reached()), head };
};
