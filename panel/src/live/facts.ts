/**
 * The one stream of facts that the whole panel lives on. Rooms do not interpret facts to keep their data right: a fact
 * only says that something changed, and the room reads it again. So a missed fact can never leave a wrong picture.
 */
import { signal } from '@preact/signals';
import type { Fact } from '../api/types.ts';
import { openStream, type Stream } from './stream.ts';

/** True once the line has been down for long enough that people should know. */
export const isOffline = signal(false);

const WORTH_SAYING_MS = 2000;

type Listener = { readonly onFact?: (fact: Fact) => void; readonly onReturn?: () => void };
const listeners = new Set<Listener>();

export const listen = (listener: Listener): (() => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

let stream: Stream | undefined;
let tellLater: ReturnType<typeof setTimeout> | undefined;
let wasDown = false;

const receive = (data: string): void => {
  const fact = JSON.parse(data) as Fact;
  for (const { onFact } of listeners) onFact?.(fact);
};

const changed = (isOpen: boolean): void => {
  if (!isOpen) {
    wasDown = true;
    tellLater ??= setTimeout(() => { isOffline.value = true; }, WORTH_SAYING_MS);
    return;
  }
  clearTimeout(tellLater);
  tellLater = undefined;
  isOffline.value = false;
  if (wasDown) for (const { onReturn } of listeners) onReturn?.();
  wasDown = false;
};

export const startFacts = (): void => {
  stream ??= openStream({
    path: '/api/events/stream',
    onMessage: ({ data }) => receive(data),
    onChange: ({ phase }) => {
      if (phase === 'open') changed(true);
      if (phase === 'waiting') changed(false);
    },
  });
};

export const stopFacts = (): void => {
  stream?.close();
  stream = undefined;
  clearTimeout(tellLater);
  tellLater = undefined;
  isOffline.value = false;
};
