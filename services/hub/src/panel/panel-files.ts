/** The built panel on disk. Only files that were there at the start are served, by name: nothing to traverse. */
import { readdir } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.css': 'text/css; charset=utf-8', '.svg': 'image/svg+xml', '.png': 'image/png',
  '.ico': 'image/x-icon', '.json': 'application/json', '.map': 'application/json', '.woff2': 'font/woff2', '.webmanifest': 'application/manifest+json', '.txt': 'text/plain; charset=utf-8',
};

export type PanelFile = { readonly file: string; readonly type: string; readonly cacheControl: string };

/** `app-3F2KQ7XA.js`: the name changes with the content, so it can be kept for ever. */
const isHashed = (path: string) => /-[A-Z0-9]{8}\.[a-z0-9.]+$/.test(path);

export const listPanel = async (directory: string): Promise<Map<string, PanelFile>> => {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return new Map(
    files.map((file) => {
      const path = `/${relative(directory, file).split(sep).join('/')}`;
      return [path, { file, type: TYPES[extname(file)] ?? 'application/octet-stream', cacheControl: isHashed(path) ? 'public, max-age=31536000, immutable' : 'no-cache' }];
    }),
  );
};

/** The panel's own addresses (`/servers/…`) are all its index; what looks like a file but is none is not found. */
export const panelFileFor = (files: ReadonlyMap<string, PanelFile>, path: string): PanelFile | undefined =>
  files.get(path) ?? (extname(path) === '' && !path.startsWith('/api/') ? files.get('/index.html') : undefined);
