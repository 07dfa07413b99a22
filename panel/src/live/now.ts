import { signal } from '@preact/signals';

/** The clock of every "12 s ago" on the page; one timer for all of them. */
export const now = signal(Date.now());
setInterval(() => {
  if (document.visibilityState === 'visible') now.value = Date.now();
}, 1000);
