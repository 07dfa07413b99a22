import { chanceOf, SimulatedCloud } from '../testing/simulated-cloud.ts';
import { cloudProviderContract } from './provider.contract.ts';

cloudProviderContract('the simulated cloud in good weather', () => {
  let now = Date.parse('2026-11-21T09:00:00.000Z');
  const pass = (ms: number) => void (now += ms);
  const cloud = new SimulatedCloud({ now: () => now, pass, chance: chanceOf(1), lagMs: 1000, createTimeoutMs: 1000, trouble: 0 });
  return {
    cloud,
    until: async (check) => {
      for (let tries = 0; tries < 100; tries += 1) {
        try {
          return await check();
        } catch {
          pass(1000);
        }
      }
      return check();
    },
  };
});
