import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { bundleAgent } from '../bundle-agent.ts';

test('the list of packages in the agent grows only on purpose', async () => {
  const listed = readFileSync(new URL('../deps.txt', import.meta.url), 'utf8').trim().split('\n');
  expect((await bundleAgent()).packages, 'agent/deps.txt must list exactly what is bundled').toEqual(listed);
});
