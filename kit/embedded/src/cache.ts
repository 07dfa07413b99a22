import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';

/** Where fetched programs are kept: `CITRUS_CACHE`, else `.cache` at the top of the checkout. */
export const cacheDir = (name: string): string => {
  const root = process.env['CITRUS_CACHE'] ?? fileURLToPath(new URL('../../../.cache', import.meta.url));
  const dir = join(root, name);
  mkdirSync(dir, { recursive: true, mode: 0o755 });
  return dir;
};
