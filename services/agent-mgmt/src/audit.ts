import { subjects, type AuditEntry } from '@citrus/contracts';
import { createThrottle } from '@citrus/kit-messaging';
import type { NatsConnection } from '@nats-io/nats-core';

/** An agent that tries it a thousand times a second must not push everything else out of the audit. */
const mayTell = createThrottle();

/** Tells the audit that an agent was refused something it should never have tried. */
export const auditAgent = (nats: NatsConnection, entry: { agentId: string; action: string; reason: string; at: Date }): void => {
  if (!mayTell(entry.agentId)) return;
  const told: AuditEntry = { at: entry.at.toISOString(), service: 'agent-mgmt', action: entry.action, outcome: 'refused', actor: { kind: 'agent', id: entry.agentId.slice(0, 128) }, reason: entry.reason.slice(0, 1024) };
  nats.publish(subjects.audit('agent-mgmt'), JSON.stringify(told));
};
