import { describe, expect, test } from 'vitest';
import { checkInputs, LARGEST_TEXT_BYTES, requiresSecrets, resolveInputs } from './inputs.ts';
import { InstallerAction, type Input } from './manifest.ts';

const input = (part: Partial<Input> & Pick<Input, 'id' | 'type'>): Input => ({ label: part.id, required: false, validation: {}, sensitive: false, ...part });
const INPUTS: Input[] = [
  input({ id: 'engine', type: 'select', required: true, default: 'postgresql', validation: { allowed_values: ['postgresql', 'mariadb'] } }),
  input({ id: 'release', type: 'select', required: true, choices_from: 'if engine == "postgresql" then [16, 17] else ["10.11", "11.4"]', default_from: 'if engine == "postgresql" then 17 else "11.4"' }),
  input({ id: 'tls', type: 'boolean', default: false }),
  input({ id: 'port', type: 'port', default_from: 'if tls then 8443 else 8080', enabled_if: 'not (engine == "mariadb")' }),
  input({ id: 'mail', type: 'email', visible_if: 'tls', required_if: 'engine == "postgresql"' }),
  input({ id: 'address', type: 'string', visible_if: 'mail', default_from: '"https://" + mail' }),
  input({ id: 'peer', type: 'select', choices_from: '@servers' }),
  input({ id: 'note', type: 'string', default: 'hello' }),
];
const check = (raw: Record<string, unknown>, circumstances = {}) => checkInputs(INPUTS, raw, circumstances);
const stateOf = (id: string, raw: Record<string, unknown>) => resolveInputs(INPUTS, raw).find((state) => state.input.id === id);

describe('an answer', () => {
  test('that is not given follows from the ones above', () => {
    expect(check({ tls: true, mail: 'me@example.com' }).values).toEqual({ engine: 'postgresql', release: 17, tls: true, port: 8443, mail: 'me@example.com', address: 'https://me@example.com', note: 'hello' });
    expect(check({ engine: 'mariadb' }).values).toMatchObject({ release: '11.4', port: 8080 });
  });
  test('must be among the choices that there are then', () => {
    expect(check({ release: '16' }).values).toMatchObject({ release: 16 });
    expect(check({ engine: 'mariadb', release: '16' }).problems).toEqual([{ path: 'release', message: 'must be one of 10.11, 11.4' }]);
  });
  test('to what is hidden is dropped, and what only follows from it, too', () => {
    expect(check({ mail: 'me@example.com', address: 'left over' })).toEqual({ values: { engine: 'postgresql', release: 17, tls: false, port: 8080, note: 'hello' }, problems: [] });
  });
  test('to what is not enabled is dropped for its default', () => {
    expect(check({ engine: 'mariadb', port: 1 }).values).toMatchObject({ port: 8080 });
    expect(stateOf('port', { engine: 'mariadb', port: 1 })).toMatchObject({ isVisible: true, isEnabled: false, value: 8080 });
  });
  test('is required only while its condition holds', () => {
    expect(check({ tls: true }).problems).toEqual([{ path: 'mail', message: 'is required' }]);
    expect(check({ tls: true, engine: 'mariadb' }).problems).toEqual([]);
  });
  test('from a list of the system is compared where the list is known', () => {
    const sources = { servers: ['10.0.0.1'] };
    expect([check({ peer: '10.0.0.1' }, { sources }).problems, check({ peer: '10.0.0.2' }, { sources }).problems, check({ peer: '10.0.0.2' }).problems]).toEqual([[], [{ path: 'peer', message: 'must be one of 10.0.0.1' }], []]);
  });
  test('that was emptied stays empty on its whole way', () => {
    const { values } = check({ note: '' });
    expect(values).toMatchObject({ note: '' });
    expect(checkInputs(INPUTS, values, { isSettled: true })).toEqual({ values, problems: [] });
  });
  test('that was settled is not settled again', () => {
    const { values } = check({ engine: 'mariadb', port: 1 });
    expect(checkInputs(INPUTS, values, { isSettled: true })).toEqual({ values, problems: [] });
    expect(checkInputs(INPUTS, { engine: 'mariadb', release: '10.11' }, { isSettled: true }).values).not.toHaveProperty('port');
  });
  test.each<[string, string, RegExp]>([
    ['a NUL', 'a\0b', /NUL/], ['half a character', 'a\ud83d', /whole Unicode/], ['too many bytes', 'é'.repeat(LARGEST_TEXT_BYTES / 2 + 1), /65536 bytes/],
  ])('with %s is refused', (_, note, reason) => {
    expect(check({ note }).problems).toEqual([{ path: 'note', message: expect.stringMatching(reason) }]);
  });
  test('of as many bytes as there may be is taken', () => {
    expect(check({ note: 'é'.repeat(LARGEST_TEXT_BYTES / 2) }).problems).toEqual([]);
  });
  test('under a name of JavaScript’s own is no answer', () => {
    const raw = JSON.parse('{"__proto__":{"tls":true},"constructor":"x"}') as Record<string, unknown>;
    expect(check(raw).problems.map(({ path }) => path).sort()).toEqual(['__proto__', 'constructor']);
    expect(check(raw).values).toMatchObject({ tls: false });
  });
});

describe('an answer that is missing', () => {
  const kinds: Partial<Input>[] = [{ type: 'password' }, { type: 'integer', sensitive: true }, { type: 'string', sensitive: true }, { type: 'string' }, { type: 'email' }];
  const needs: Partial<Input>[] = [{ required: true }, { required_if: 'tls' }, {}];
  const WITHOUT: readonly (InstallerAction | undefined)[] = ['health', 'backup', 'restore', 'uninstall'];
  const table = [undefined, ...InstallerAction.options].flatMap((action) => kinds.flatMap((kind) => needs.map((need) => ({ action, kind, need }))));
  const tls = input({ id: 'tls', type: 'boolean', default: true });
  const asked = (part: Partial<Input>) => [tls, input({ id: 'wanted', type: 'string', ...part })];

  test.each(table)('is a problem of $action for $kind with $need, or none', ({ action, kind, need }) => {
    const isSecret = kind.type === 'password' || kind.sensitive === true;
    const isMissed = Object.keys(need).length > 0 && !(isSecret && WITHOUT.includes(action));
    for (const isSettled of [false, true]) {
      for (const raw of [{}, { wanted: null }, { wanted: undefined }]) {
        const { values, problems } = checkInputs(asked({ ...kind, ...need }), raw, { action, isSettled });
        expect(problems).toEqual(isMissed ? [{ path: 'wanted', message: 'is required' }] : []);
        expect(values, 'its variable is not set').toEqual({ tls: true });
      }
    }
  });
  test.each(InstallerAction.options)('is something else than a bad secret, which %s refuses, and a good one, which it takes', (action) => {
    const secret = asked({ type: 'password', required: true, validation: { max_length: 8 } });
    expect(checkInputs(secret, { wanted: 'abc' }, { action }).problems).toEqual([{ path: 'wanted', message: expect.stringContaining('at least 4') }]);
    expect(checkInputs(secret, { wanted: 'far-too-long' }, { action }).problems).toEqual([{ path: 'wanted', message: 'must have at most 8 characters' }]);
    expect(checkInputs(secret, { wanted: 'hunter22' }, { action })).toEqual({ values: { tls: true, wanted: 'hunter22' }, problems: [] });
    expect(checkInputs(secret, { other: 1, wanted: 'hunter22' }, { action }).problems).toEqual([{ path: 'other', message: 'is not an input of this installer; it has tls, wanted' }]);
  });
  test('is asked for where the list of actions says so', () => {
    expect(InstallerAction.options.filter((action) => !requiresSecrets(action))).toEqual(['uninstall', 'backup', 'restore', 'health']);
  });
});
