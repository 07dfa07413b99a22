import { expect, test } from 'vitest';
import { momentIn } from './moment.ts';

test.each([['server', '2026-11-21T10:00:00.000Z'], ['server', 'provisioning:4'], ['job', 'agent-mgmt:4'], ['agent', 'agent-mgmt:4,provisioning:2']] as const)('a %s has a state at %s', (of, moment) => {
  expect(momentIn(of, moment)).toBe(moment);
});

test('a place in another log is refused, and the right log is named', () => {
  expect(() => momentIn('server', 'agent-mgmt:1')).toThrow(expect.objectContaining({ exit: 2, message: 'agent-mgmt:1 is not a place in the log of servers', advice: 'Theirs is that of provisioning: write provisioning:<position>, or a time.' }));
});
