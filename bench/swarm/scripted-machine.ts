/** The machine of an agent in a swarm: no script runs on it, what it would have done is decided by luck. */
import { collectFacts, createMeasuring, type Machine } from '@citrus/agent/embedding';
import { setTimeout as delay } from 'node:timers/promises';
import type { Luck } from './luck.ts';

export type Script = {
  /** Share of jobs that end with exit code 1. */
  readonly failure: number;
  /** Each job takes up to this long. */
  readonly slownessMs: number;
};

const LOOKED_AT_EVERY_MS = 5000;

/** All agents are on this one machine, so it is looked at for all of them: its kernel would be asked for ten thousand connections each time. */
const lookForAll = <Seen>(look: () => Seen): (() => Seen) => {
  let [at, last] = [performance.now(), look()];
  return () => {
    if (performance.now() - at > LOOKED_AT_EVERY_MS) [at, last] = [performance.now(), look()];
    return last;
  };
};

/** @param name of the machine, for its luck */
export const createScriptedMachines = (script: Script, luck: Luck): ((name: string) => Machine) => {
  const measure = lookForAll(createMeasuring());
  const machine = lookForAll(() => collectFacts({ prefix: '/', serverAddress: undefined }));
  return (name) => {
    let jobs = 0;
    return {
      isShared: true,
      measuring: () => measure,
      facts: ({ serverAddress }) => ({ ...machine(), addresses: serverAddress === undefined ? [] : [serverAddress] }),
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
