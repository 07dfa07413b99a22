/** Every NATS subject is built here; nobody types one by hand. */
import { aggregateIdOf, aggregateOf } from './envelope.ts';
import type { LoggedService, ServiceName } from './services.ts';

export const subjects = {
  /** Synchronous call to a service, on behalf of a signed-in person. */
  rpc: (service: ServiceName, resource: string, verb: string) => `rpc.${service}.${resource}.${verb}`,
  /** Synchronous call between services; the broker's permissions decide who may. */
  internal: (service: ServiceName, verb: string) => `rpc.${service}.internal.${verb}`,
  /** Asked by the log's owner, answered by auth's steward of the streams. */
  remakeStream: (service: LoggedService) => `rpc.auth.internal.stream-remake-${service}`,
  event: (service: LoggedService, stream: string, type: string) =>
    `evt.${service}.${aggregateOf(stream)}.${aggregateIdOf(stream)}.${type}`,
  eventsOf: (service: LoggedService) => `evt.${service}.>`,
  /** A signed root of this service's log. */
  seal: (service: LoggedService) => `seal.${service}`,
  presence: (agentId: string) => `presence.${agentId}`,
  audit: (service: ServiceName) => `audit.${service}`,
  agent: {
    command: (agentId: string) => `agent.${agentId}.cmd`,
    report: (agentId: string, kind: string) => `agent.${agentId}.report.${kind}`,
    log: (agentId: string, jobId: string) => `agent.${agentId}.log.${jobId}`,
    heartbeat: (agentId: string) => `agent.${agentId}.heartbeat`,
    sync: (agentId: string) => `agent.${agentId}.sync`,
    inbox: (agentId: string) => `agent.${agentId}.inbox`,
  },
  /** What the services listen to, whoever the agent is. */
  everyAgent: { report: 'agent.*.report.>', log: 'agent.*.log.>', heartbeat: 'agent.*.heartbeat', sync: 'agent.*.sync', command: 'agent.*.cmd' },
} as const;

/** `agent.<id>.report.x` → `<id>`; the broker vouches for it, the payload does not. */
export const agentIdOfSubject = (subject: string): string => subject.split('.')[1] ?? '';
