/** A beat every ten seconds, never slower, whatever the machine is doing; it also keeps the running attempt's lease. */
import { HEARTBEAT_EVERY_MS, subjects, type Heartbeat } from '@citrus/contracts';
import type { Connection } from './connection.ts';
import { bootId } from './facts.ts';
import type { Measurements } from './measurements.ts';

export type HeartbeatInput = { readonly agentId: Heartbeat['agentId']; readonly connection: Pick<Connection, 'tell'>; readonly running: () => Heartbeat['running']; readonly measuring: () => () => Measurements; readonly signal: AbortSignal };

export const startHeartbeat = ({ agentId, connection, running, measuring, signal }: HeartbeatInput): void => {
  const measure = measuring();
  const boot = bootId();
  const beat = () => {
    const heartbeat: Heartbeat = { agentId, at: new Date().toISOString(), bootId: boot, running: running(), ...measure() };
    connection.tell(subjects.agent.heartbeat(agentId), heartbeat);
  };
  beat();
  const timer = setInterval(beat, HEARTBEAT_EVERY_MS);
  signal.addEventListener('abort', () => clearInterval(timer), { once: true });
};
