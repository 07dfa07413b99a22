/** Runs at any instant: what was asked and how far it had come. What became of each server is in its job. */
import { defineReadModel } from '@citrus/kit-service';
import { runsProjection, type FoldedRun } from './run.projection.ts';

const runOf = (row: FoldedRun) => ({
  id: row.run_id, projectId: row.project_id, installer: row.installer, action: row.action, filter: row.filter, strategy: row.strategy, inputs: row.inputs, sample: row.sample, scheduleId: row.schedule_id,
  status: row.status, reason: row.reason, serverIds: row.server_ids, begun: row.begun, refused: row.refused, held: row.held, retryOf: row.retry_of, createdAt: row.created_at, finishedAt: row.finished_at, updatedAt: row.updated_at,
});

export const runsAsTheyWere = defineReadModel<FoldedRun>({ of: 'run', fold: runsProjection, projectOf: (row) => row.project_id, show: runOf });
