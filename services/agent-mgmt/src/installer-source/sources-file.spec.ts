import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StartRefused } from '@citrus/kit-service';
import { expect, test } from 'vitest';
import { readSources, sourcesIn } from './sources-file.ts';

const fileOf = (...lines: readonly string[]): string => ['sources:', '  - name: team', ...lines.map((line) => `    ${line}`)].join('\n');
const HTTPS = 'url: https://git.example.com/a';

test('a source needs a name, an address and a ref', () => {
  expect(sourcesIn('s.yml', fileOf(HTTPS, 'ref: main'))).toEqual([{ name: 'team', url: 'https://git.example.com/a', ref: 'main', folder: '.', interval_seconds: 300, most_megabytes: 32 }]);
  expect(sourcesIn('s.yml', '{"sources": []}')).toEqual([]);
});

test.each([
  ['an address that is none', [`url: ext::sh -c id`, 'ref: main'], /s\.yml:3: sources\[1\]\.url: must be https:/],
  ['a secret in the address', [`url: https://me:secret@git.example.com/a`, 'ref: main'], /put the token into a file/],
  ['a ref that is an option', [HTTPS, 'ref: --upload-pack=id'], /s\.yml:4: .*must not begin with a dash/],
  ['a folder outside', [HTTPS, 'ref: main', 'folder: ../x'], /s\.yml:5: .*folder inside the repository/],
  ['a typo', [HTTPS, 'ref: main', 'intervall_seconds: 60'], /s\.yml:5: .*"intervall_seconds" is not a field of a source/],
  ['an interval that asks too often', [HTTPS, 'ref: main', 'interval_seconds: 1'], /interval_seconds/],
  ['part of a commit id', [HTTPS, 'ref: main', 'commit: abcdef1'], /a whole commit id/],
  ['ssh without a known host', ['url: ssh://git@host/a', 'ref: main', 'key_file: /run/key'], /ssh needs key_file and known_hosts_file/],
  ['a token for ssh', ['url: ssh://git@host/a', 'ref: main', 'key_file: /run/key', 'known_hosts_file: /run/hosts', 'token_file: /run/token'], /token_file: is for https/],
  ['a key with words for a shell', ['url: ssh://git@host/a', 'ref: main', 'key_file: /run/key -oProxyCommand=id', 'known_hosts_file: /run/hosts'], /key_file: must be an absolute path/],
])('%s is refused with its line', (_, lines, reason) => {
  expect(() => sourcesIn('s.yml', fileOf(...lines))).toThrow(reason);
  expect(() => sourcesIn('s.yml', fileOf(...lines))).toThrow(StartRefused);
});

test('two of one name are refused', () => {
  const file = fileOf(HTTPS, 'ref: main');
  expect(() => sourcesIn('s.yml', `${file}\n${file.split('\n').slice(1).join('\n')}`)).toThrow(/"team" stands there twice/);
});

test('the fingerprint follows what decides about commits: also the keys in the file of signers', () => {
  const directory = mkdtempSync(join(tmpdir(), 'citrus-sources-'));
  try {
    const [file, signers] = [join(directory, 's.yml'), join(directory, 'signers')];
    const fingerprint = (key: string, ...lines: readonly string[]) => {
      writeFileSync(signers, key);
      writeFileSync(file, fileOf(HTTPS, 'ref: main', `allowed_signers_file: ${signers}`, ...lines));
      return readSources(file)[0]?.fingerprint;
    };
    expect(fingerprint('a')).toBe(fingerprint('a', 'interval_seconds: 60'));
    expect(fingerprint('a')).not.toBe(fingerprint('b'));
    expect(fingerprint('a')).not.toBe(fingerprint('a', 'folder: x'));
    rmSync(signers);
    expect(() => readSources(file)).toThrow(/the file of signers .* cannot be read/);
    expect(() => readSources(join(directory, 'none'))).toThrow(/CITRUS_INSTALLER_SOURCES_FILE: the file .*none cannot be read/);
    expect(readSources(undefined)).toEqual([]);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
