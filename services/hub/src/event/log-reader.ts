/** What people ask of the logs, and how it is asked of the services that own them. */
import { EventEnvelope, Instant, LOGGED_SERVICES, LoggedService, parseVector, plainText, readHistoryOf, type HistoryRead, type LogPage, type LogVector } from '@citrus/contracts';
import { ContractViolation } from '@citrus/kit-domain';
import type { Requests } from '@citrus/kit-messaging';
import { z } from 'zod';
import type { Visit } from '../http/visit.ts';

/** Which events, of which logs. */
export const narrowing = {
  service: LoggedService.optional(),
  /** The kind of aggregate: `server` for all streams named `server-…`. */
  category: plainText(100).optional(),
  stream: plainText(200).optional(),
  about: plainText(200).optional(),
  /** Event types, separated by commas. */
  types: plainText(1000).optional(),
  /** Events of this instant and later … */
  from: Instant.optional(),
  /** … and before this one. */
  until: Instant.optional(),
};
const Narrowing = z.object(narrowing);
export type Narrowing = z.infer<typeof Narrowing>;

export const FeedEventShape = EventEnvelope.extend({ service: LoggedService });

export const servicesOf = ({ service }: Narrowing): readonly LoggedService[] => (service ? [service] : LOGGED_SERVICES);

/** The part that every log is asked alike. */
export const filterOf = ({ category, stream, about, types, from, until }: Narrowing): Partial<HistoryRead> => ({
  ...(category && { category }), ...(stream && { stream }), ...(about && { about }), ...(types && { types: types.split(',') }), ...(from && { from }), ...(until && { until }),
});

/** @throws ContractViolation */
export const vectorOf = (text: string, where: string): LogVector => {
  try {
    return parseVector(text);
  } catch (cause) {
    throw new ContractViolation(`${where} is not a cursor that we gave.`, [{ path: where, message: 'is not a cursor' }], { cause });
  }
};

const READ_TIMEOUT_MS = 15_000;

/** A log without an index for what is asked may take a moment longer than other requests. */
export const readPage = (requests: Requests, visit: Visit) => (service: LoggedService, input: HistoryRead): Promise<LogPage> =>
  requests.call(readHistoryOf(service), input, { ...visit.carried, timeoutMs: READ_TIMEOUT_MS });
