import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isPlainPath, isRef, remoteOf, wantedOf } from './remote.ts';

describe('the address of a source', () => {
  test.each([
    ['https://git.example.com/team/installers.git', 'https'], ['https://git.example.com:8443/a', 'https'], ['ssh://git@git.example.com:22/team/x.git', 'ssh'], ['/srv/mirrors/team.git', 'file'],
  ])('%s is %s', (url, protocol) => expect(remoteOf(url)).toEqual({ protocol }));

  test.each([
    'http://git.example.com/a', 'git://git.example.com/a', 'file:///srv/a', 'ext::sh -c id', 'fd::3', 'git@git.example.com:a.git', '--upload-pack=id', '-x', 'srv/a', '', '/srv/../etc', '/srv//a', '/',
    'https://user@git.example.com/a', 'https://user:secret@git.example.com/a', 'ssh://-oProxyCommand=id/a', 'ssh://git:secret@host/a', 'ssh://-x@host/a', 'ssh://host/$(id)', 'ssh://host/a b', 'https://host', 'https://host/a?b', 'https://host/a#b', 'https://host/..%2fa', 'https://ho;st/a', 'https://a\\b', 'https://a/b\t', 'https://a/%2e%2e/b',
  ])('%s is none', (url) => expect(remoteOf(url)).toHaveProperty('fault'));

  test('T721. never begins with a dash, names a helper, or holds a letter that means something to a shell', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.string().map((text) => `https://${text}`), fc.string().map((text) => `ssh://${text}`), fc.string().map((text) => `/${text}`)), (url) => {
      // `URL` reads a backslash as a slash, git does not: what was looked at has to be what is asked.
      if ('protocol' in remoteOf(url)) expect(url).toMatch(/^(https:\/\/|ssh:\/\/(?!-)|\/)[^\s'"`$;&|<>(){}\\*?!#]*$/);
    }));
  });
});

describe('a ref', () => {
  test.each(['main', 'v1.2.3', 'refs/heads/release/2.x', 'team_a', 'a'.repeat(40)])('%s is one', (ref) => expect(isRef(ref)).toBe(true));
  test.each(['-main', '--upload-pack=id', '', 'a b', 'a..b', 'a:b', '+main', 'a^', 'a~1', 'a@{1}', 'a.lock', '/a', 'a/', 'a//b', '.a', 'a/.b', 'a*', 'a\n'])('%s is none', (ref) => expect(isRef(ref)).toBe(false));
});

describe('what is listed over there', () => {
  const [one, two, three] = ['1', '2', '3'].map((digit) => digit.repeat(40)) as [string, string, string];

  test('is taken by its whole name, a tag before a branch, and a tag for the commit that it is on', () => {
    expect(wantedOf('main', `${one}\trefs/heads/old/main\n${two}\trefs/heads/main\n`)).toEqual({ name: 'refs/heads/main', commit: two });
    expect(wantedOf('main', `${one}\trefs/heads/main\n${two}\trefs/tags/main\n${three}\trefs/tags/main^{}\n`)).toEqual({ name: 'refs/tags/main', commit: three });
    expect(wantedOf(one, '')).toEqual({ name: one, commit: one });
  });

  test.each(['', 'warning\n', `${one}\trefs/heads/old/main\n`, `zzz\trefs/heads/main\n`, `-x\trefs/heads/main`])('is nothing in %j', (listed) => expect(wantedOf('main', listed)).toBeUndefined());
});

test('a plain path leads nowhere else', () => {
  fc.assert(fc.property(fc.string(), (text) => {
    expect(isPlainPath(text) && /(^|\/)\.\.(\/|$)|\/\/|[^A-Za-z0-9._/-]/.test(text)).toBe(false);
  }));
});
