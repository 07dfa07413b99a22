import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { withFault } from './seeded-fault.ts';
import { SEEDED_FAULTS } from './seeded-faults.ts';

const root = fileURLToPath(new URL('../../../..', import.meta.url));

// Told before the slow part, which takes the guards out and runs the tests.
test.each(SEEDED_FAULTS)('the guard $name stands where the list says', (fault) => {
  const source = readFileSync(join(root, fault.file), 'utf8');
  expect(withFault(fault, join(root, fault.file), source)).not.toBe(source);
});
