import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Layout } from './layout.ts';

/** All versions but these, and what was left half done. */
export const pruneVersions = (layout: Layout, keep: readonly string[]): void => {
  const versions = join(layout.programDir, 'versions');
  for (const name of readdirSync(versions)) if (!keep.includes(name)) rmSync(join(versions, name), { recursive: true, force: true });
};
