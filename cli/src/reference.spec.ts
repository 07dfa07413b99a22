import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { expect, test } from 'vitest';
import { createProgram } from './program.ts';
import { referenceOf } from './reference.ts';

const DOCUMENT = new URL('../../docs/reference/cli.md', import.meta.url);

test('docs/reference/cli.md tells the commands as they are (CITRUS_WRITE_DOCS=1 writes it anew)', () => {
  const present = referenceOf(createProgram());
  if (process.env['CITRUS_WRITE_DOCS']) {
    mkdirSync(new URL('.', DOCUMENT), { recursive: true });
    writeFileSync(DOCUMENT, present);
  }
  expect(readFileSync(DOCUMENT, 'utf8')).toBe(present);
});

const all = (command: Command): Command[] => [command, ...command.commands.flatMap(all)];

test('every command says what it is', () => {
  expect(all(createProgram()).filter((command) => command.name() !== 'complete' && command.description() === '').map((command) => command.name())).toEqual([]);
});
