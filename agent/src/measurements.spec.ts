import { expect, test } from 'vitest';
import { osFamilies, parseOsRelease } from './facts.ts';
import { cpuPercent, parseCpuTimes, parseMemory, parseNetwork } from './measurements.ts';

test('facts and measurements are read as Linux writes them', () => {
  expect(osFamilies(parseOsRelease('ID=ubuntu\nID_LIKE="debian"\nPRETTY_NAME="Ubuntu 22.04"\n'))).toEqual(['ubuntu', 'debian']);
  expect(parseMemory('MemTotal:  1000 kB\nMemFree: 1 kB\nMemAvailable:  400 kB\n')).toEqual({ total: 1_024_000, used: 614_400 });
  expect(parseNetwork('Inter-| x\n face | y\n  lo: 9 9 0 0 0 0 0 0 9 0\n eth0: 10 1 0 0 0 0 0 0 20 2\n')).toEqual({ received: 10, sent: 20 });
  const before = parseCpuTimes('cpu  10 0 10 80 0 0 0 0 0 0\n');
  expect(cpuPercent(before, parseCpuTimes('cpu  35 0 35 130 0 0 0 0 0 0\n'))).toBe(50);
});
