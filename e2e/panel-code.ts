/**
 * The panel's own code for live logs, run here without a browser. It is compiled for one, so it is loaded as it is rather
 * than through a build of its own.
 */
import type * as Reader from '../panel/src/jobs/job-reader.ts';
import type * as Buffer from '../panel/src/jobs/log-buffer.ts';
import type * as Stream from '../panel/src/live/stream.ts';

const nothing = (): void => {};
// What a live stream asks of a browser.
Object.assign(globalThis, { addEventListener: nothing, removeEventListener: nothing, document: { visibilityState: 'visible', addEventListener: nothing, removeEventListener: nothing } });

const load = (path: string): Promise<unknown> => import(new URL(`../panel/src/${path}`, import.meta.url).href);

export const { JobReader } = (await load('jobs/job-reader.ts')) as typeof Reader;
export type JobReader = InstanceType<typeof JobReader>;
export const { LogBuffer } = (await load('jobs/log-buffer.ts')) as typeof Buffer;
export const { openStream } = (await load('live/stream.ts')) as typeof Stream;
