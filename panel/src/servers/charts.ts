/** What charts of a server's samples are drawn of. Pure: numbers in, places on a sheet out. */
import type { Sample } from '../api/types.ts';
import { strings } from '../strings.ts';
import { formatBytes } from '../ui/time.ts';
import { serverWords as w } from './server-words.ts';

const t = strings.metrics;
type Point = { readonly at: number; readonly value: number };
export type Series = { readonly name: string; readonly text: string; readonly points: readonly Point[]; readonly top: number; readonly least: number; readonly most: number; readonly average: number; readonly show: (value: number) => string };

const percent = (value: number): string => `${Math.round(value)} %`;
const perSecond = (value: number): string => `${formatBytes(value)}/s`;
const share = (used: number, total: number): number => (total > 0 ? (used / total) * 100 : 0);

const series = (name: string, points: readonly Point[], { text, show, top }: { text?: string; show: (value: number) => string; top?: number }): Series => {
  const values = points.map(({ value }) => value);
  const most = Math.max(0, ...values);
  return { name, points, show, text: text ?? show(values.at(-1) ?? 0), top: top ?? Math.max(1, most), least: values.length > 0 ? Math.min(...values) : 0, most, average: values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length) };
};

/** Counters that only grow become what came each second; one that begins anew says nothing about the time before. */
export const rateOf = (samples: readonly Sample[], count: (sample: Sample) => number): Point[] =>
  samples.slice(1).flatMap((sample, index) => {
    const before = samples[index];
    const seconds = before ? (Date.parse(sample.at) - Date.parse(before.at)) / 1000 : 0;
    const grown = before ? count(sample) - count(before) : -1;
    return seconds > 0 && grown >= 0 ? [{ at: Date.parse(sample.at), value: grown / seconds }] : [];
  });

export const seriesOf = (samples: readonly Sample[]): Series[] => {
  const points = (value: (sample: Sample) => number): Point[] => samples.map((sample) => ({ at: Date.parse(sample.at), value: value(sample) }));
  const last = samples.at(-1);
  if (!last) return [];
  const network = rateOf(samples, ({ networkInBytes, networkOutBytes }) => networkInBytes + networkOutBytes);
  return [
    series(t.cpu, points(({ cpuPercent }) => cpuPercent), { show: percent, top: 100 }),
    series(t.memory, points((at) => share(at.memoryUsedBytes, at.memoryTotalBytes)), { show: percent, top: 100, text: t.of(formatBytes(last.memoryUsedBytes), formatBytes(last.memoryTotalBytes)) }),
    series(t.disk, points((at) => share(at.diskUsedBytes, at.diskTotalBytes)), { show: percent, top: 100, text: t.of(formatBytes(last.diskUsedBytes), formatBytes(last.diskTotalBytes)) }),
    ...(network.length > 1 ? [series(w.network, network, { show: perSecond })] : []),
  ];
};

const [WIDTH, HEIGHT, LEFT, BOTTOM, TOP] = [340, 120, 52, 18, 6];
/** A server that was away for longer has a gap in its line. */
const GAP_MS = 90_000;

export const chartOf = ({ points, top }: Series) => {
  const [first, last] = [points[0]?.at ?? 0, points.at(-1)?.at ?? 1];
  const x = (at: number): number => LEFT + ((at - first) / Math.max(1, last - first)) * (WIDTH - LEFT);
  const y = (value: number): number => TOP + (1 - Math.min(1, value / top)) * (HEIGHT - BOTTOM - TOP);
  const runs: Point[][] = [];
  for (const point of points) {
    const run = runs.at(-1);
    if (run && point.at - (run.at(-1)?.at ?? 0) <= GAP_MS) run.push(point);
    else runs.push([point]);
  }
  return {
    width: WIDTH, height: HEIGHT, left: LEFT, bottom: BOTTOM,
    line: runs.map((run) => run.map(({ at, value }) => `${x(at).toFixed(1)},${y(value).toFixed(1)}`).join(' ')),
    yTicks: [0, top / 2, top].map((value) => ({ value, y: y(value) })),
    xTicks: ([['start', first], ['middle', (first + last) / 2], ['end', last]] as const).map(([anchor, at]) => ({ anchor, at, x: x(at) })),
  };
};

const ROWS = 12;
/** Some of them, evenly, the last one among them. */
export const tableOf = (samples: readonly Sample[]): Sample[] => {
  const step = Math.max(1, Math.ceil(samples.length / ROWS));
  return samples.filter((_, index) => (samples.length - 1 - index) % step === 0).toReversed();
};
