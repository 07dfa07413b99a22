/** One of the systems that append, and the load that each of them gets: the same streams, payloads and expected versions. */
import { randomUUID } from 'node:crypto';

export type Contender = {
  /** Events that become version `version` + 1 and on of their stream; resolves when they are durable. */
  readonly append: (stream: string, version: number, payloads: readonly Payload[]) => Promise<unknown>;
  readonly close: () => Promise<void>;
};

/** Takes a database that was prepared for it, and as many connections as there are callers if it wants them. */
export type OpenContender = (database: { readonly url: string; readonly callers: number }) => Promise<Contender>;

export type Payload = { readonly serverId: string; readonly note: string };
export type Load = { readonly callers: number; readonly batch: number; readonly warmUpMs: number; readonly forMs: number };
export type Measured = { readonly eventsPerS: number; readonly p50Ms: number; readonly p99Ms: number };

const EVENTS_A_STREAM = 20;
const PAYLOAD: Payload = { serverId: randomUUID(), note: 'x'.repeat(230) };
export const META = { actor: { kind: 'service', id: 'bench' }, correlationId: 'bench' } as const;
export const PROJECT = '0198c0de-0000-7000-8000-000000000001';

const quantile = (sorted: Float64Array, share: number): number => Number((sorted[Math.floor(sorted.length * share)] ?? NaN).toFixed(2));

/** Each caller fills one stream after the other and waits for each of its appends. */
export const measure = async ({ append }: Contender, { callers, batch, warmUpMs, forMs }: Load): Promise<Measured> => {
  const payloads = Array.from({ length: batch }, () => PAYLOAD);
  const begin = performance.now() + warmUpMs;
  const end = begin + forMs;
  const tookMs: number[] = [];
  const caller = async () => {
    for (;;) {
      const stream = `bench-${randomUUID()}`;
      for (let version = 0; version < EVENTS_A_STREAM; version += batch) {
        const askedAt = performance.now();
        if (askedAt >= end) return;
        await append(stream, version, payloads);
        const doneAt = performance.now();
        if (askedAt >= begin && doneAt <= end) tookMs.push(doneAt - askedAt);
      }
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
  const sorted = Float64Array.from(tookMs).sort();
  return { eventsPerS: Math.round((sorted.length * batch * 1000) / forMs), p50Ms: quantile(sorted, 0.5), p99Ms: quantile(sorted, 0.99) };
};
