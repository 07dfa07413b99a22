import type { Input, InstallerAction } from '@citrus/contracts';
import { describe, expect, test } from 'vitest';
import { answersToSend, answersToShow, initialAnswers, problemsIn, shownInputs, valueIn, visibleProblems } from './form-state.ts';

const input = (part: Partial<Input> & Pick<Input, 'id' | 'type'>): Input => ({ label: part.id, required: false, validation: {}, sensitive: false, ...part });

const INPUTS: Input[] = [
  input({ id: 'port', type: 'port', required: true, default: 80 }),
  input({ id: 'title', type: 'string', default: 'Welcome' }),
  input({ id: 'tls', type: 'boolean', default: false }),
  input({ id: 'domain', type: 'string', required: true, visible_if: 'tls == true', validation: { pattern: '[a-z.]+' } }),
  input({ id: 'secret', type: 'password', required: true }),
  input({ id: 'workers', type: 'select', default: 2, validation: { allowed_values: [1, 2, 4] } }),
];

describe('a form made from a manifest', () => {
  test('begins with the defaults', () => {
    expect(initialAnswers(INPUTS)).toEqual({ port: '80', title: 'Welcome', tls: false, domain: '', secret: '', workers: '2' });
  });

  test('begins with the last answers, but never with a secret', () => {
    expect(initialAnswers(INPUTS, { port: 8080, secret: 'kept?', tls: true })).toMatchObject({ port: '8080', secret: '', tls: true });
  });

  test('shows a question only while its condition is true', () => {
    const answers = initialAnswers(INPUTS);
    expect(shownInputs(INPUTS, answers).map(({ input }) => input.id)).not.toContain('domain');
    expect(shownInputs(INPUTS, { ...answers, tls: true }).map(({ input }) => input.id)).toContain('domain');
  });

  test('sends nothing that is hidden and nothing that was left empty', () => {
    expect(answersToSend(INPUTS, { ...initialAnswers(INPUTS), domain: 'left.over' })).toEqual({ port: '80', title: 'Welcome', tls: false, workers: '2' });
  });

  test('sends a text that was cleared, so that the default does not come back', () => {
    expect(answersToSend(INPUTS, { ...initialAnswers(INPUTS), title: '' })).toMatchObject({ title: '' });
  });

  test('misses a required answer that was emptied, whatever its default; an optional one stays empty', () => {
    const inputs: Input[] = [
      ...(['port', 'integer', 'email'] as const).map((type) => input({ id: type, type, required: true, default: type === 'email' ? 'me@example.com' : 80 })),
      input({ id: 'other', type: 'port', default: 81 }),
    ];
    const emptied = { port: '', integer: '', email: '', other: '' };
    expect(answersToSend(inputs, emptied)).toEqual(emptied);
    expect(problemsIn(inputs, emptied)).toEqual(['port', 'integer', 'email'].map((path) => ({ path, message: 'is required' })));
    expect(problemsIn(inputs, initialAnswers(inputs))).toEqual([]);
  });

  test('finds the same problems as the hub', () => {
    const answers = { ...initialAnswers(INPUTS), port: '99999', tls: true, domain: 'NO' };
    expect(problemsIn(INPUTS, answers).map(({ path }) => path)).toEqual(['port', 'domain', 'secret']);
  });

  test('asks for a secret only where the hub requires it', () => {
    const answers = initialAnswers(INPUTS);
    const isAsked = (action: InstallerAction) => [problemsIn(INPUTS, answers, {}, action).length, shownInputs(INPUTS, answers, {}, action).find((state) => state.input.id === 'secret')?.isRequired];
    expect([isAsked('upgrade'), isAsked('uninstall')]).toEqual([[1, true], [0, false]]);
    expect(problemsIn(INPUTS, { ...answers, secret: 'abc' }, {}, 'uninstall')).toEqual([{ path: 'secret', message: expect.stringContaining('at least 4') }]);
  });
});

describe('an answer that follows from another', () => {
  const inputs: Input[] = [
    input({ id: 'tls', type: 'boolean', default: false }),
    input({ id: 'port', type: 'port', default_from: 'if tls then 443 else 80' }),
    input({ id: 'mail', type: 'email', required_if: 'tls', enabled_if: 'tls' }),
    input({ id: 'app', type: 'select', choices_from: 'if tls then @apps else ["none"]' }),
    input({ id: 'secret', type: 'password' }),
  ];
  const stateOf = (id: string, answers: object) => shownInputs(inputs, { ...initialAnswers(inputs), ...answers }, { apps: ['nginx'] }).find((state) => state.input.id === id)!;
  test('stands in its field until somebody says otherwise, and is not sent', () => {
    expect([valueIn(stateOf('port', {}), initialAnswers(inputs)), valueIn(stateOf('port', { tls: true }), { tls: true }), valueIn(stateOf('port', { port: '8080' }), { port: '8080' })]).toEqual(['80', '443', '8080']);
    expect(answersToSend(inputs, { ...initialAnswers(inputs), tls: true })).toEqual({ tls: true });
    expect(answersToSend(inputs, { ...initialAnswers(inputs), port: '' })).toEqual({ tls: false, port: '' });
  });
  test('can be required, enabled, and chosen from other choices', () => {
    expect([stateOf('mail', {}), stateOf('mail', { tls: true })]).toMatchObject([{ isEnabled: false, isRequired: false }, { isEnabled: true, isRequired: true }]);
    expect([stateOf('app', {}).choices, stateOf('app', { tls: true }).choices]).toEqual([['none'], ['nginx']]);
    expect(answersToSend(inputs, { ...initialAnswers(inputs), mail: 'typed before' })).not.toHaveProperty('mail');
  });
  test('is shown to the planner without secrets', () => {
    expect(answersToShow(inputs, { ...initialAnswers(inputs), secret: 'hunter22' })).toEqual({ tls: false });
  });
});

describe('the problems that are shown', () => {
  const local = [{ path: 'port', message: 'must be a port' }, { path: 'secret', message: 'is required' }];

  test('are ours for questions that were left, and the hub’s for any', () => {
    expect([...visibleProblems({ local, server: [{ path: 'inputs.title', message: 'is taken' }], touched: new Set(['port']) })]).toEqual([['port', 'must be a port'], ['title', 'is taken']]);
  });
});
