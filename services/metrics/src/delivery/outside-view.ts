/**
 * An event as it goes out: what a person of the project sees of it in the API, without who did it and without sealed
 * texts. Those are secrets or personal data that only we could open, and an outsider would keep them for ever.
 */
import type { EventEnvelope, LoggedService } from '@citrus/contracts';

const SEALED = /^(box|key)\.v\d+\./;

const isSealed = (value: unknown): boolean => typeof value === 'string' && SEALED.test(value);

const withoutSeals = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.filter((item) => !isSealed(item)).map(withoutSeals);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).filter(([name, inner]) => !isSealed(inner) && !/^sealed/i.test(name)).map(([name, inner]) => [name, withoutSeals(inner)]));
};

export const bodyOf = (service: LoggedService, { id, type, version, at, projectId, stream, streamVersion, position, data }: EventEnvelope): string =>
  JSON.stringify({ id, type, version, occurredAt: at, projectId, service, stream, streamVersion, position, data: withoutSeals(data) });
