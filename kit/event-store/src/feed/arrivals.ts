/**
 * What comes one by one, in pages: whatever is here when a page closes. Whoever is alone waits for nobody; where more comes
 * all the time a page closes at the next beat of a clock that all readers of the process share, so that what they ask
 * their database then can be asked together.
 */
import { setImmediate, setTimeout as delay } from 'node:timers/promises';

type Pages = { /** Items of a page at most. */ readonly most: number; /** Between two pages; 0: what is here at once. */ readonly everyMs: number };

/** Ends with the items. Whoever reads no further ends them too: at once, or when the last question for one is answered, as closing their source does. */
export const inPages = async function* <Item>(items: AsyncIterable<Item>, { most, everyMs }: Pages): AsyncGenerator<Item[]> {
  const iterator = items[Symbol.asyncIterator]();
  /** Asked for and not taken yet. */
  let asked: Promise<IteratorResult<Item>> | undefined;
  let closedAt = -Infinity;
  try {
    for (;;) {
      const first = await (asked ?? iterator.next());
      asked = undefined;
      if (first.done) return;
      const page = [first.value];
      const isBusy = performance.now() - closedAt < everyMs;
      const closes = (isBusy ? delay(everyMs - (performance.now() % everyMs)) : setImmediate()).then(() => undefined);
      while (page.length < most) {
        asked = iterator.next();
        const more = await Promise.race([asked, closes]);
        if (!more || more.done) break;
        page.push(more.value);
        asked = undefined;
      }
      closedAt = performance.now();
      yield page;
    }
  } finally {
    // Not waited for: a question that is open is answered when the source is closed, which may be the reader's next step.
    void iterator.return?.();
  }
};
