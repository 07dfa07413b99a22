/** Events that came together, those of different streams at the same time: what they load and append is shared then. */
import type { EventEnvelope } from '@citrus/contracts';

/** Each stream keeps its order. @throws what the first one that failed threw, when all have ended */
export const sideBySide = (handle: (event: EventEnvelope) => Promise<void>) => async (events: readonly EventEnvelope[]): Promise<void> => {
  const inOrder = async (own: readonly EventEnvelope[]): Promise<void> => {
    for (const event of own) await handle(event);
  };
  const outcomes = await Promise.allSettled([...Map.groupBy(events, ({ stream }) => stream).values()].map(inOrder));
  const failed = outcomes.find(({ status }) => status === 'rejected');
  if (failed?.status === 'rejected') throw failed.reason;
};
