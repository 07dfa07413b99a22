/** What the metrics service knows of the whole system, for `/metrics` of the management port; it always answers. */
import { readExposition } from '@citrus/contracts';
import { Unavailable } from '@citrus/kit-domain';
import type { Requests } from '@citrus/kit-messaging';

const ANSWER_WITHIN_MS = 2000;

export const expositionOf = (requests: Requests) => async (): Promise<string> => {
  try {
    return (await requests.call(readExposition, {}, { timeoutMs: ANSWER_WITHIN_MS })).text;
  } catch (error) {
    if (error instanceof Unavailable) return '# the metrics service is not answering right now\n';
    throw error;
  }
};
