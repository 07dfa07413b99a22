/** Thousands of readers of one hub's live events, and how late the events come to them. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { memoryOf } from '../fleet/broker.ts';
import { startChild } from '../fleet/children.ts';
import type { Part } from '../measure.ts';
import { openStage } from './stage.ts';

const OF_ONE_PERSON = 50;
const PER_SECOND = 10;
const BYTES = 200;
const WARM_UP_MS = 3000;

/** Linux counts in hundredths of a second. */
const processorMs = (pid: number): number => {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
};

const round = (value: number, digits = 1): number => Number(value.toFixed(digits));

export const measureFanOut = async ({ readers, forMs }: { readers: number; forMs: number }): Promise<Part> => {
  const stage = await openStage();
  const dir = mkdtempSync(join(tmpdir(), 'citrus-bench-readers-'));
  const tokensFile = join(dir, 'tokens.json');
  writeFileSync(tokensFile, JSON.stringify(await stage.tokens(Math.ceil(readers / OF_ONE_PERSON))));
  const before = memoryOf(stage.pid);
  const child = startChild('hub/readers', [stage.url, tokensFile, String(readers), String(OF_ONE_PERSON)]);
  try {
    await child.next('listening');
    const tell = async (ms: number): Promise<number> => {
      const [startedAt, count] = [performance.now(), Math.round((ms / 1000) * PER_SECOND)];
      for (let n = 0; n < count; n += 1) {
        stage.tell(BYTES);
        await delay(Math.max(0, startedAt + ((n + 1) * 1000) / PER_SECOND - performance.now()));
      }
      return count;
    };
    const ask = (text: string, field: string) => {
      const answer = child.next(field);
      child.say(text);
      return answer;
    };
    const warm = (await tell(WARM_UP_MS)) * readers;
    while (Number((await ask('count', 'told'))['told']) < warm) await delay(100);
    await ask('forget', 'forgotten');
    const [memory, cpuBefore] = [memoryOf(stage.pid), processorMs(stage.pid)];
    const meant = (await tell(forMs)) * readers;
    for (const until = performance.now() + 30_000; performance.now() < until && Number((await ask('count', 'told'))['told']) < meant; ) await delay(100);
    const figures = (await ask('end', 'p99Ms')) as unknown as { p50Ms: number; p99Ms: number; mostMs: number; of: number; ended: number };
    if (figures.of !== meant || figures.ended > 0) throw new Error(`of ${meant} messages ${figures.of} came, and ${figures.ended} readers were let go`);
    const cpuUs = ((processorMs(stage.pid) - cpuBefore) * 1000) / meant;
    const kb = (memory - before) / readers;
    return {
      rows: [
        { name: `readers of the live events, ${PER_SECOND} events/s of ${BYTES} bytes`, unit: '', ours: readers },
        { name: '  99 % of what is told comes within', unit: 'ms', ours: figures.p99Ms }, { name: '  half of it', unit: 'ms', ours: figures.p50Ms }, { name: '  the last of it', unit: 'ms', ours: figures.mostMs },
        { name: '  processor time of the hub for a message to a reader', unit: 'µs', ours: round(cpuUs) },
        { name: '  memory of the hub for a reader', unit: 'kB', ours: round(kb) },
      ],
      metrics: { sse_readers: readers, sse_fanout_p99_ms: figures.p99Ms, sse_fanout_p50_ms: figures.p50Ms, sse_kb_per_reader: round(kb), sse_cpu_us_per_message: round(cpuUs) },
    };
  } finally {
    await child.stop();
    await stage.stop();
    rmSync(dir, { recursive: true, force: true });
  }
};
