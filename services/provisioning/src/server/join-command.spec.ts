import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { joinCommandOf } from './join-command.ts';

test('the command is one line that gives the script its hub and its token, and nothing to an argument list', () => {
  const command = joinCommandOf({ hubUrl: 'https://hub.example/', token: '0198.secret-token_1' });
  expect(command).toBe(`(curl -fsSL 'https://hub.example/api/agents/install.sh' && echo "citrus_join 'https://hub.example' '0198.secret-token_1'") | sudo sh`);
  // With programs of the same names that show what they are given.
  const stage = `curl() { echo 'citrus_join() { echo "joins $1 with $2"; }'; }; sudo() { "$@"; }`;
  for (const shell of ['sh', 'bash']) expect(execFileSync(shell, ['-c', `${stage}\n${command}`]).toString()).toBe('joins https://hub.example with 0198.secret-token_1\n');
});

test('nothing runs when the script did not come', () => {
  const stage = 'curl() { return 22; }; sudo() { "$@"; }';
  expect(execFileSync('sh', ['-c', `${stage}\n${joinCommandOf({ hubUrl: 'http://127.0.0.1:1', token: 't' })}`]).toString()).toBe('');
});
