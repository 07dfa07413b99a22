import { SimulatedCloud } from '../testing/simulated-cloud.ts';
import { chanceOf } from '../testing/simulated-world.ts';
import { cloudProviderContract, machine } from './provider.contract.ts';

const inGoodWeather = (hasUniqueNames: boolean) => () => {
  let now = Date.parse('2026-11-21T09:00:00.000Z');
  const pass = (ms: number) => void (now += ms);
  const cloud = new SimulatedCloud({ now: () => now, pass, chance: chanceOf(1), lagMs: 1000, createTimeoutMs: 1000, trouble: 0, pageSize: 2, hasUniqueNames });
  return {
    cloud, machine, other: { size: 's-2vcpu-2gb', image: 'debian-12-x64' },
    loseNextAnswer: async () => void (cloud.losesNextAnswer = true),
    until: async <T>(check: () => Promise<T>) => {
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
};

cloudProviderContract('the simulated cloud in good weather', inGoodWeather(false));
cloudProviderContract('the simulated cloud with unique names', inGoodWeather(true));
