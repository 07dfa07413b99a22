/** Runs as people see them: `run-*` streams as rows. What became of each server is in its job's row. */
import type { RunSample, RunStatus, RunStrategy } from '@citrus/contracts';
import { defineFold } from '@citrus/kit-event-store';
import type { CreatedRun, HeldServer, RefusedServer, RunEvent } from './run.events.ts';

const HANDLES: readonly RunEvent['type'][] = ['RunCreated', 'RunAdvanced', 'RunServersHeld', 'RunServersRefused', 'RunPaused', 'RunResumed', 'RunAbortRequested', 'RunFinished'];

export type FoldedRun = {
  run_id: string; project_id: string; installer: string; installer_digest: string; action: string; inputs: CreatedRun['inputs']; filter: string;
  strategy: RunStrategy; server_ids: readonly string[]; begun: number; refused: readonly RefusedServer[]; held: readonly HeldServer[];
  status: RunStatus; reason: string | null; retry_of: string | null; sample: RunSample | null; schedule_id: string | null; created_at: string; finished_at: string | null; updated_at: string;
};

const without = (held: readonly HeldServer[], servers: readonly { serverId: string }[]): HeldServer[] => {
  const gone = new Set(servers.map(({ serverId }) => serverId));
  return held.filter(({ serverId }) => !gone.has(serverId));
};

/** What the event changes; undefined when it is the first one. */
const changeBy = (row: FoldedRun, { type, data }: RunEvent): Partial<FoldedRun> | undefined => {
  switch (type) {
    case 'RunCreated': return undefined;
    case 'RunAdvanced': return { begun: data.upTo };
    case 'RunServersHeld': return { held: [...without(row.held, data.servers), ...data.servers] };
    case 'RunServersRefused': return { refused: [...row.refused, ...data.servers], held: without(row.held, data.servers) };
    case 'RunPaused': return { status: 'paused', reason: data.reason };
    case 'RunResumed': return { status: 'running', reason: null };
    case 'RunAbortRequested': return { status: 'aborting', reason: null };
    case 'RunFinished': return { status: data.status, reason: null, finished_at: data.at };
  }
};

const created = (data: CreatedRun, at: string): FoldedRun => ({
  run_id: data.runId, project_id: data.projectId, installer: data.installer, installer_digest: data.installerDigest, action: data.action, inputs: data.inputs, filter: data.filter,
  strategy: data.strategy, server_ids: data.serverIds, begun: 0, refused: [], held: [],
  status: 'running', reason: null, retry_of: data.retryOf ?? null, sample: data.sample ?? null, schedule_id: data.scheduleId ?? null, created_at: data.at, finished_at: null, updated_at: at,
});

export const runsProjection = defineFold<FoldedRun>({
  name: 'runs',
  version: 3,
  table: 'runs',
  key: ['run_id'],
  handles: HANDLES,
  keyOf: ({ data }) => [String(data['runId'])],
  evolve: (row, envelope) => {
    const event = envelope as unknown as RunEvent;
    if (event.type === 'RunCreated') return created(event.data, envelope.at);
    const change = row && changeBy(row, event);
    return change ? { ...row, ...change, updated_at: envelope.at } : row;
  },
});
