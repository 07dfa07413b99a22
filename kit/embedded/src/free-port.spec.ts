import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { freePort } from './free-port.ts';

const many = (count: number): Promise<number[]> => Promise.all(Array.from({ length: count }, () => freePort()));

test('nobody is given a port that somebody else was given, in this process or another', async () => {
  const source = fileURLToPath(new URL('free-port.ts', import.meta.url));
  const elsewhere = async () => {
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', `import { freePort } from ${JSON.stringify(source)}; console.log(JSON.stringify(await Promise.all(Array.from({ length: 100 }, () => freePort()))));`]);
    return JSON.parse(stdout) as number[];
  };
  const ports = (await Promise.all([many(100), elsewhere(), elsewhere()])).flat();
  expect(new Set(ports).size).toBe(300);
});
