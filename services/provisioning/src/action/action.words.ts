/** How actions are told to people, and how long each may take. */
import type { ActionType } from '@citrus/contracts';

/** "Server web is being …" */
export const BEING: Record<ActionType, string> = {
  'power-on': 'switched on', 'power-off': 'switched off', shutdown: 'shut down', reboot: 'rebooted', 'power-cycle': 'switched off and on', resize: 'resized', rename: 'renamed',
  rebuild: 'rebuilt', snapshot: 'copied into a snapshot', 'remove-snapshot': 'freed of a snapshot', restore: 'restored', tag: 'given other tags', 'enable-backups': 'given backups', 'disable-backups': 'freed of its backups',
};

const MINUTE_MS = 60_000;

/** To be begun, and then again to be finished. Generous: clouds copy disks at their own speed. */
export const DEADLINES_MS: Record<ActionType, number> = {
  'power-on': 5 * MINUTE_MS, 'power-off': 5 * MINUTE_MS, reboot: 5 * MINUTE_MS, 'power-cycle': 5 * MINUTE_MS, rename: 5 * MINUTE_MS, tag: 5 * MINUTE_MS,
  // A system that has not shut down by then does not mean to.
  shutdown: 3 * MINUTE_MS,
  'enable-backups': 10 * MINUTE_MS, 'disable-backups': 10 * MINUTE_MS, 'remove-snapshot': 10 * MINUTE_MS,
  rebuild: 30 * MINUTE_MS, resize: 60 * MINUTE_MS, restore: 60 * MINUTE_MS, snapshot: 120 * MINUTE_MS,
};
