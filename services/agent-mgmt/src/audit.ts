import { subjects, type AuditEntry } from '@citrus/contracts';
import type { NatsConnection } from '@nats-io/nats-core';

/** Tells the audit that an agent was refused something it should never have tried. */
export const auditAgent = (nats: NatsConnection, entry: { agentId: string; action: string; reason: string; at: Date }): void => {
  const told: AuditEntry = { at: entry.at.toISOString(), service: 'agent-mgmt', action: entry.action, outcome: 'refused', actor: { kind: 'agent', id: entry.agentId.slice(0, 128) }, reason: entry.reason.slice(0, 1024) };
  nats.publish(subjects.audit('agent-mgmt'), JSON.stringify(told));
};
