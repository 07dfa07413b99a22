/** What people ask of the logs, and how it is asked of the services that own them. */
import { EventEnvelope, Instant, LOGGED_SERVICES, LoggedService, parseVector, plainText, ProjectId, readHistoryOf, type HistoryRead, type LogPage, type LogVector } from '@citrus/contracts';
import { ContractViolation } from '@citrus/kit-domain';
import type { Requests } from '@citrus/kit-messaging';
import { z } from 'zod';
import type { Visit } from '../http/visit.ts';

const namesUpTo = (most: number) =>
  plainText(1000).regex(/^\w+(?:,\w+)*$/, 'is names of letters, digits and _, separated by commas').refine((text) => text.split(',').length <= most, `has more than ${most} names`);

/** Which events, of which logs. */
export const narrowing = {
  service: LoggedService.optional(),
  /** The kind of aggregate: `server` for all streams named `server-…`. */
  category: plainText(100).regex(/^\w+$/, 'is the name of one kind of aggregate: letters, digits and _').optional(),
  stream: plainText(200).optional(),
  about: plainText(200).optional(),
  /** Event types, separated by commas. */
  types: namesUpTo(200).optional(),
  /** Several kinds of aggregates, separated by commas. */
  categories: namesUpTo(30).optional(),
  /** Whoever did it: the id of a person, a service or an agent. */
  actor: plainText(128).optional(),
  /** Words that all stand in the event: in its type, its stream or its payload; nothing sealed is found by them. */
  text: plainText(200).optional(),
  /** Of this one of one's projects. */
  projectId: ProjectId.optional(),
  /** Events of this instant and later … */
  from: Instant.optional(),
  /** … and before this one. */
  until: Instant.optional(),
};
/** More of them narrow nothing down that these have not. */
const MOST_WORDS = 5;
const Narrowing = z.object(narrowing);
export type Narrowing = z.infer<typeof Narrowing>;

export const FeedEventShape = EventEnvelope.extend({ service: LoggedService });

export const servicesOf = ({ service }: Narrowing): readonly LoggedService[] => (service ? [service] : LOGGED_SERVICES);

/** The part that every log is asked alike. */
export const filterOf = ({ category, stream, about, types, categories, actor, text, projectId, from, until }: Narrowing): Partial<HistoryRead> => {
  const words = text?.split(/\s+/).filter(Boolean).slice(0, MOST_WORDS) ?? [];
  return {
    ...(category && { category }), ...(stream && { stream }), ...(about && { about }), ...(types && { types: types.split(',') }), ...(categories && { categories: categories.split(',') }),
    ...(actor && { actor }), ...(words.length > 0 && { words }), ...(projectId && { projectId }), ...(from && { from }), ...(until && { until }),
  };
};

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
