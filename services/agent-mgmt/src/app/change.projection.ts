/** Changes of apps as people see them: a row each. */
import type { AppIs, BackupMade, ChangeAction, ChangeStatus, ChangeStep } from '@citrus/contracts';
import { defineFold } from '@citrus/kit-event-store';
import type { AppEvent, RequestedChange } from './app.events.ts';

type ChangeEvent = Exclude<AppEvent, { type: 'AppHealthChanged' }>;
const HANDLES: readonly ChangeEvent['type'][] = ['AppChangeRequested', 'AppChangeAdvanced', 'AppChangeFinished'];

/** A change in short. */
export type FoldedSummary = {
  id: string; action: ChangeAction; status: ChangeStatus; step: ChangeStep; jobId: string; cause: string | null; appIs: AppIs | null; reason: string | null; advice: string | null; at: string;
};

export type FoldedChange = {
  change_id: string; project_id: string; server_id: string; installer: string; action: ChangeAction; status: ChangeStatus; with_backup: boolean; backup: BackupMade | null;
  steps: readonly { step: ChangeStep; jobId: string; at: string }[]; cause: string | null; app_is: AppIs | null; is_healthy: boolean | null; reason: string | null; advice: string | null;
  created_at: string; finished_at: string | null; updated_at: string;
};

const firstStepOf = ({ withBackup }: RequestedChange): ChangeStep => (withBackup ? 'back-up' : 'change');

/** An older change that ends late leaves the newer one alone. */
export const summaryOf = (summary: FoldedSummary | null, { type, data }: ChangeEvent): FoldedSummary | null => {
  if (type === 'AppChangeRequested') {
    const step = firstStepOf(data);
    return { id: data.changeId, action: data.action, status: 'running', step, jobId: data.jobIds[step], cause: null, appIs: null, reason: null, advice: null, at: data.at };
  }
  if (summary?.id !== data.changeId) return summary;
  if (type === 'AppChangeAdvanced') return { ...summary, step: data.step, jobId: data.jobId, cause: data.cause ?? null, at: data.at };
  return { ...summary, status: data.status, appIs: data.appIs, reason: data.reason || null, advice: data.advice || null, at: data.at };
};

const requested = (data: RequestedChange): FoldedChange => ({
  change_id: data.changeId, project_id: data.projectId, server_id: data.serverId, installer: data.installer, action: data.action, status: 'running', with_backup: data.withBackup, backup: null,
  steps: [], cause: null, app_is: null, is_healthy: null, reason: null, advice: null, created_at: data.at, finished_at: null, updated_at: data.at,
});

const changed = (row: FoldedChange, { type, data }: Exclude<ChangeEvent, { type: 'AppChangeRequested' }>): Partial<FoldedChange> => {
  if (type === 'AppChangeAdvanced') return { steps: [...row.steps, { step: data.step, jobId: data.jobId, at: data.at }], backup: data.backup ?? row.backup, cause: data.cause ?? row.cause };
  return { status: data.status, app_is: data.appIs, is_healthy: data.isHealthy, reason: data.reason || null, advice: data.advice || null, finished_at: data.at };
};

export const appChangesProjection = defineFold<FoldedChange>({
  name: 'app_changes',
  version: 1,
  table: 'app_changes',
  key: ['change_id'],
  handles: HANDLES,
  keyOf: ({ data }) => [String(data['changeId'])],
  evolve: (row, envelope) => {
    const event = envelope as unknown as ChangeEvent;
    if (event.type === 'AppChangeRequested') return { ...requested(event.data), updated_at: envelope.at };
    return row && { ...row, ...changed(row, event), updated_at: envelope.at };
  },
});
