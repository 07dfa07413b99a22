/** A message of the stream AUDIT as an entry. What the broker vouches for counts: who published it and when it came. */
import { AuditEntry, ServiceName } from '@citrus/contracts';
import { uuidFrom } from '@citrus/kit-event-store';

export type Message = { readonly cameOutOfStream?: boolean; readonly subject: string; readonly body: unknown; readonly sequence: number; readonly timestampMs: number };
/** `id` is ours: services cannot take each other's. */
export type Entry = Omit<AuditEntry, 'id'> & { readonly id: string };

/** @throws Error, ZodError for what no service of ours publishes */
export const entryOf = ({ cameOutOfStream, subject, body, sequence, timestampMs }: Message): Entry => {
  if (cameOutOfStream) throw new Error('the broker put this into the audit out of another stream, and no service under its own name');
  const service = ServiceName.parse(subject.slice('audit.'.length));
  const entry = AuditEntry.parse(body);
  return { ...entry, id: uuidFrom(`audit:${service}`, entry.id ?? `message ${sequence} of ${timestampMs}`), service, at: new Date(timestampMs).toISOString() };
};

const WINDOW_MS = 60_000;

/** A stranger makes up what he names: it does not tell his refusals apart, or he could fill a log that nothing is ever taken out of. */
const targetOf = ({ actor, target }: Entry) => (actor ? Object.entries(target ?? {}).toSorted(([one], [other]) => (one < other ? -1 : 1)) : []);

/** Refusals that are the same in all of this within a minute become one event. `networkHash`: of where they came from; who has one IPv6 address has 2^64. */
export const groupOf = (entry: Entry, networkHash: string | undefined): string =>
  JSON.stringify([entry.service, entry.action, entry.actor?.kind, entry.actor?.id, networkHash, entry.code, entry.projectId, targetOf(entry), entry.code ? undefined : entry.reason]);

/** When the minute of an entry is over. */
export const windowEndOf = (at: string, windowMs = WINDOW_MS): Date => new Date((Math.floor(Date.parse(at) / windowMs) + 1) * windowMs);
