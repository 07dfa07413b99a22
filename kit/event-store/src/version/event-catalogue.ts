import { currentVersionOf, type EventCatalogue } from '@citrus/contracts';
import type { EventVersions } from './event-versions.ts';

/** What the store and the feeds need of a catalogue of events. */
export const versionsOf = (events: EventCatalogue): EventVersions =>
  Object.fromEntries(
    Object.entries(events).map(([type, definition]) => {
      const steps = (definition.older ?? []).map(({ upcast }, index) => [index + 1, upcast] as const);
      return [type, { current: currentVersionOf(definition), upcasts: Object.fromEntries(steps) }];
    }),
  );
