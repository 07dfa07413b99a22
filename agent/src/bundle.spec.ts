import { sha256Digest } from '@citrus/kit-crypto';
import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { JobRefused, layOut, openBundle } from './bundle.ts';

describe('a bundle', () => {
  const open = (files: object[]) => {
    const bytes = Buffer.from(JSON.stringify({ files }));
    return openBundle(bytes, { installer: 'probe' as never, installerVersion: '1.0.0', installerDigest: sha256Digest(bytes) });
  };
  const file = (path: string, mode = 0o644) => ({ path, mode, base64: Buffer.from('x').toString('base64') });
  test.for(['../x', '/etc/passwd', 'a/../../b', '.hidden', 'a//b', 'a/', String.raw`a\b`, 'a\nb', 'A'])('with the path %s is refused', (path) => {
    expect(() => open([file(path)])).toThrow(JobRefused);
  });
  test('with a file twice, or without a manifest, is refused', () => {
    expect(() => open([file('a'), file('a')])).toThrow('twice');
    expect(() => open([file('a')])).toThrow('no manifest.yml');
  });
  test('T704. is laid out for its owner only, and never over something', () => {
    const folder = mkdtempSync(join(tmpdir(), 'citrus-bundle-'));
    layOut([file('lib/a.sh', 0o777)], folder);
    expect(existsSync(join(folder, 'lib/a.sh'))).toBe(true);
    expect(() => layOut([file('lib/a.sh')], folder)).toThrow('EEXIST');
  });
});
