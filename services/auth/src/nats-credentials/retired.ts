/**
 * Which of our own programs' credentials are void, for the account CONTROL. People write the file, so it may be broken: then
 * what was last read counts, and where nothing was, CONTROL is left as the servers have it. Agents' revocations never wait
 * for it.
 */
import type { Logger } from '@citrus/kit-messaging';
import type { Told } from './claims-pusher.ts';
import type { Revocations } from './revocations.ts';
import { readRetired } from './trust-directory.ts';

export type Retired = {
  read(): Promise<Pick<Told, 'CONTROL' | 'leaveAlone'>>;
  /** What is wrong with the file, for whoever asks how the process is. */
  problem(): Promise<string | undefined>;
};

export const createRetired = (place: { readonly dir: string }, logger: Logger): Retired => {
  let lastGood: Revocations | undefined;
  let problem: string | undefined;
  return {
    read: async () => {
      try {
        lastGood = await readRetired(place);
        problem = undefined;
      } catch (error) {
        problem = `${error instanceof Error ? error.message : String(error)}. Until then ${lastGood ? 'what it said before counts' : 'CONTROL stays as the NATS servers have it'}; agents are revoked as ever`;
        logger.error({ event: 'retired.unreadable', err: error }, problem);
      }
      return lastGood ? { CONTROL: lastGood } : { leaveAlone: ['CONTROL'] };
    },
    problem: async () => problem,
  };
};
