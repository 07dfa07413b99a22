/** The machine of an agent in a swarm: no script runs on it, what it would have done is decided by luck. */
import { createMeasuring, type Machine, type Measurements } from '@citrus/agent/embedding';
import { setTimeout as delay } from 'node:timers/promises';
import type { Luck } from './luck.ts';

export type Script = {
  /** Share of jobs that end with exit code 1. */
  readonly failure: number;
  /** Each job takes up to this long. */
  readonly slownessMs: number;
};

const MEASURED_EVERY_MS = 5000;

/** All agents are on this one machine, so it is measured for all of them. */
const measureForAll = (): (() => Measurements) => {
  const measure = createMeasuring();
  let [at, last] = [performance.now(), measure()];
  return () => {
    if (performance.now() - at > MEASURED_EVERY_MS) [at, last] = [performance.now(), measure()];
    return last;
  };
};

/** @param name of the machine, for its luck */
export const createScriptedMachines = (script: Script, luck: Luck): ((name: string) => Machine) => {
  const measure = measureForAll();
  return (name) => {
    let jobs = 0;
    return {
      isShared: true,
      measuring: () => measure,
      execute: async ({ onOutput, signal, timeoutMs }) => {
        const job = `${name} job ${(jobs += 1)}`;
        onOutput(Buffer.from(`scripted on ${name}\n`));
        try {
          await delay(Math.min(luck.below(script.slownessMs, job), timeoutMs), undefined, { signal });
        } catch {
          return { exitCode: 143, ended: 'aborted' };
        }
        return { exitCode: luck.strikes(script.failure, `${job} fails`) ? 1 : 0, ended: 'by-itself' };
      },
    };
  };
};
