/** Tells the audit what was refused or let in. At most once, beside the work: an audit that is down stops nobody. */
import { subjects, type AuditEntry } from '@citrus/contracts';
import type { Clock } from '@citrus/kit-domain';
import type { NatsConnection } from '@nats-io/transport-node';

export type Audit = (entry: Omit<AuditEntry, 'at' | 'service'>) => void;

export const createAudit = (nats: Pick<NatsConnection, 'publish'>, clock: Clock): Audit => (entry) => {
  const complete: AuditEntry = { at: clock().toISOString(), service: 'auth', ...entry };
  nats.publish(subjects.audit('auth'), JSON.stringify(complete));
};
