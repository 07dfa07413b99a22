/**
 * Notices that a credentials file says something else. By looking at its text now and then: a file that was renamed into
 * place, a mounted secret whose links were swapped and a file on a network disk all look alike to it.
 */
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from './logger.ts';

const EVERY_MS = 2000;

export type CredentialsWatch = {
  readonly file: string;
  /** What was signed in with last. */
  readonly current: string;
  /** Goes over to the new ones; called again later when it throws. */
  readonly onChange: () => Promise<void>;
  readonly signal: AbortSignal;
  readonly logger?: Logger | undefined;
  readonly everyMs?: number | undefined;
};

/** @returns undefined when the file cannot be read at the moment: a secret that is just being swapped */
const textOf = (file: string): Promise<string | undefined> => readFile(file, 'utf8').catch(() => undefined);

/** Until `signal` aborts; never rejects. */
export const watchCredentials = async ({ file, current, onChange, signal, logger, everyMs = EVERY_MS }: CredentialsWatch): Promise<void> => {
  let known = current;
  while (!signal.aborted) {
    await delay(everyMs, undefined, { signal, ref: false }).catch(() => undefined);
    const text = signal.aborted ? undefined : await textOf(file);
    if (text === undefined || text === known) continue;
    try {
      await onChange();
      known = text;
      logger?.info({ event: 'nats.credentials_changed', file }, 'signed in to NATS with the new credentials');
    } catch (error) {
      logger?.error({ event: 'nats.credentials_refused', file, err: error }, 'NATS does not let us in with the new credentials; going on with the old connection and trying again');
    }
  }
};
