/** The door for programs that only replay a log: without it they would load, and hold in memory, all that a service needs. */
export { openPool } from '../database/pool.ts';
export { replayLog, type ReplayedStretch, type ReplayOptions } from './replay-log.ts';
export { type EventMeta, ReplayedEvent } from './replayed-event.ts';
