/** What a browser fetches before the panel shows anything. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import type { Part } from '../measure.ts';

const dist = fileURLToPath(new URL('../../../panel/dist', import.meta.url));
const text = (path: string): string => readFileSync(join(dist, path), 'utf8');
const kilobytes = (paths: Iterable<string>): number => Number(([...paths].reduce((sum, path) => sum + gzipSync(readFileSync(join(dist, path)), { level: 9 }).byteLength, 0) / 1000).toFixed(1));

/** The entry and what it imports, not what it may import later. */
const firstLoad = (path: string, seen = new Set<string>()): Set<string> => {
  if (seen.has(path)) return seen;
  seen.add(path);
  for (const [, name = ''] of text(path).matchAll(/(?:from|import)\s*"\.\/([^"]+)"/g)) firstLoad(join('assets', name), seen);
  return seen;
};

export const panelSizes = (): Part => {
  const page = text('index.html');
  const script = kilobytes(firstLoad(/src="\/([^"]+\.js)"/.exec(page)?.[1] ?? ''));
  const style = kilobytes([/href="\/([^"]+\.css)"/.exec(page)?.[1] ?? '']);
  return {
    rows: [{ name: 'panel, first load, gzipped JavaScript', unit: 'kB', ours: script }, { name: 'panel, gzipped CSS', unit: 'kB', ours: style }],
    metrics: { first_load_js_gzip_kb: script, css_gzip_kb: style },
  };
};
