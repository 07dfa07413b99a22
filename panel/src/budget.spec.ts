/** The panel must stay small and within its content policy; both are checked on what is really built. */
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import { buildPanel, type BuiltFile } from '../build.ts';

const KILOBYTE = 1000;
let files: BuiltFile[];

beforeAll(async () => { files = await buildPanel(); });

const text = ({ contents }: BuiltFile): string => new TextDecoder().decode(contents);
const page = (): string => text(files.find(({ path }) => path === 'index.html')!);
const sizeOf = (file: BuiltFile | undefined): number => gzipSync(file!.contents, { level: 9 }).byteLength;
const byPath = (path: string): BuiltFile | undefined => files.find((file) => file.path === path);

/** What the browser fetches before anything is shown: the entry and what it imports, not what it may import later. */
const firstLoad = (path: string, seen = new Set<string>()): Set<string> => {
  if (seen.has(path)) return seen;
  seen.add(path);
  for (const [, name] of text(byPath(path)!).matchAll(/(?:from|import)\s*"\.\/([^"]+)"/g)) firstLoad(`assets/${name}`, seen);
  return seen;
};

describe('the built panel', () => {
  test('loads at most 60 kB of gzipped JavaScript and 15 kB of CSS at first', () => {
    const entry = /src="\/([^"]+\.js)"/.exec(page())?.[1] ?? '';
    const style = /href="\/([^"]+\.css)"/.exec(page())?.[1] ?? '';
    const script = [...firstLoad(entry)].reduce((sum, path) => sum + sizeOf(byPath(path)), 0);
    expect(script).toBeGreaterThan(10 * KILOBYTE);
    expect(script).toBeLessThan(60 * KILOBYTE);
    expect(sizeOf(byPath(style))).toBeLessThan(15 * KILOBYTE);
  });

  test('names every asset by its content', () => {
    expect(files.filter(({ path }) => path !== 'index.html').every(({ path }) => /^assets\/[a-z-]+-[A-Z0-9]{8}\.(js|css|svg)$/.test(path))).toBe(true);
  });

  test('has nothing that its content policy forbids', () => {
    expect(page()).not.toMatch(/<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=/);
    const evaluating = files.filter(({ path }) => path.endsWith('.js')).filter((file) => /[=(,;:!&|?]eval\(|new Function\(|document\.write\(/.test(text(file)));
    expect(evaluating.map(({ path }) => path)).toEqual([]);
  });

  test('carries no schema library', () => {
    expect(files.filter((file) => text(file).includes('ZodError')).map(({ path }) => path)).toEqual([]);
  });
});
