/**
 * What the hub costs between people and services: requests beside a bare Fastify route, thousands of readers of its live
 * events, and a job's log of two hundred thousand lines in a real browser. README.md says what bounds each.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeInstaller } from './fleet/jobs.ts';
import { measureFanOut } from './hub/fan-out.ts';
import { measureLongLog } from './hub/long-log.ts';
import { panelSizes } from './hub/panel-sizes.ts';
import { measureRequests } from './hub/requests.ts';
import { signIn } from './hub/visitor.ts';
import { startLifecycleSite } from './lifecycle/site.ts';
import type { Part } from './measure.ts';

const wholeNumber = (name: string, usual: number): number => {
  const value = Number(process.env[name] ?? usual);
  if (!Number.isInteger(value) || value < 1) throw new Error(`${name} is a whole number, like ${usual}`);
  return value;
};

/** The real system, of which one person asks more than any is allowed. */
const onTheWhole = async (parts: readonly string[]): Promise<Part[]> => {
  const dir = mkdtempSync(join(tmpdir(), 'citrus-bench-hub-'));
  const site = await startLifecycleSite({ CITRUS_REQUESTS_PER_SECOND: '1000000', CITRUS_INSTALLERS_DIR: writeInstaller(dir) });
  try {
    const visitor = await signIn(site.credentials);
    const figures: Part[] = [];
    // The log first: the other part leaves thousands of servers behind.
    if (parts.includes('log')) figures.push(await measureLongLog(site, visitor, { lines: wholeNumber('CITRUS_BENCH_LINES', 200_000) }));
    if (parts.includes('requests')) figures.push(await measureRequests(site, visitor, { servers: 50, forMs: wholeNumber('CITRUS_BENCH_ROUND_MS', 3000) }));
    return figures;
  } finally {
    await site.stop();
    rmSync(dir, { recursive: true, force: true });
  }
};

const PARTS = ['sse', 'log', 'requests', 'sizes'] as const;

/** @param part one of them alone */
export const benchHub = async (part?: string): Promise<Part> => {
  if (part !== undefined && !PARTS.some((name) => name === part)) throw new Error(`hub has the parts ${PARTS.join(', ')}`);
  const parts: readonly string[] = part === undefined ? PARTS : [part];
  const load = Number((loadavg()[0] ?? NaN).toFixed(1));
  const figures: Part[] = [];
  if (parts.includes('sse')) figures.push(await measureFanOut({ readers: wholeNumber('CITRUS_BENCH_READERS', 5000), forMs: wholeNumber('CITRUS_BENCH_SSE_MS', 20_000) }));
  if (parts.includes('log') || parts.includes('requests')) figures.push(...(await onTheWhole(parts)));
  if (parts.includes('sizes')) figures.push(panelSizes());
  return { rows: [...figures.flatMap(({ rows }) => rows), { name: 'load average before', unit: '', ours: load }], metrics: Object.assign({}, ...figures.map(({ metrics }) => metrics), { load }) as Record<string, number> };
};
