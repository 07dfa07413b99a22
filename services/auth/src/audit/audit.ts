/** Tells the audit what auth alone knows: who it was that signed in or failed to. Beside the work; it stops nobody. */
import type { Audited, AuditTrail } from '@citrus/kit-messaging';

export type Audit = (entry: Audited) => void;

export const createAudit = (trail: AuditTrail): Audit => (entry) => trail.tell(entry);
