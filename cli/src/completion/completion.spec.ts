import { spawnSync } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test as base } from 'vitest';
import { createProgram } from '../program.ts';
import { stageFor } from '../testing/stage.ts';
import { namesWithin } from './names.ts';
import { offers, type Names } from './offers.ts';
import { scriptFor } from './scripts.ts';

const NAMES = { server: ['web-1', 'web-2', 'x\ny', '$(reboot)'], installer: ['nginx'], project: ['shop'] } as const;
const names: Names = (kind) => Promise.resolve(NAMES[kind]);
const offered = (line: string): Promise<string[]> => offers(createProgram(), line.split(' '), names);

base.each([
  ['serv', ['servers', 'service-account']],
  ['servers cre', ['create']],
  ['servers create web-9 --pri', ['--priority']],
  ['servers create web-9 --priority ', ['high', 'low', 'normal']],
  ['servers reboot ', ['web-1', 'web-2']],
  ['server show web-2', ['web-2']],
  ['jobs install ng', ['nginx']],
  ['jobs install nginx --on w', ['web-1', 'web-2']],
  ['apps upgrade web-1 ', ['nginx']],
  ['projects use ', ['shop']],
  ['completion z', ['zsh']],
  ['servers show --js', ['--json']],
  ['doctor par', ['parked']],
  ['nonsense ', []],
  ['compl', ['completion']],
])('%s', async (line, expected) => expect(await offered(line)).toEqual(expected));

base('names that the hub does not tell in time, or at all, are no names', async () => {
  const { api } = stageFor(() => ({ items: [], nextCursor: null }));
  const never = { ...api, json: () => new Promise<never>(() => undefined) };
  expect(await namesWithin(() => never, 1)('server')).toEqual([]);
  const signedOut = (): never => {
    throw new Error('signed out');
  };
  expect(await namesWithin(signedOut)('server')).toEqual([]);
});

const test = base.extend('path', async ({}, { onCleanup }): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'completion-'));
  onCleanup(() => rm(folder, { recursive: true, force: true }));
  // Stands for the command: what it was given, a line each.
  await writeFile(join(folder, 'citrus'), '#!/bin/sh\nprintf "%s\\n" "$#" "$4" web-1\n');
  await chmod(join(folder, 'citrus'), 0o755);
  return `${folder}:${process.env['PATH'] ?? ''}`;
});

test('bash hands over the words up to the cursor and takes the offers as they are', ({ path }) => {
  const line = `${scriptFor('bash')}\nCOMP_WORDS=(citrus servers "\\$(touch canary)" w later); COMP_CWORD=3; _citrus; printf '%s\\n' "\${COMPREPLY[@]}"; complete -p citrus`;
  const { stdout, status, stderr } = spawnSync('bash', ['--norc', '-c', line], { encoding: 'utf8', env: { PATH: path } });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout.split('\n')).toEqual(['5', '$(touch canary)', 'web-1', 'complete -o default -F _citrus citrus', '']);
});
