/** Bundles at any instant, in the shape that people see them in now. */
import type { InstalledBundle } from '@citrus/contracts';
import { defineReadModel } from '@citrus/kit-service';
import { bundlesProjection, type FoldedBundle } from './bundle.projection.ts';

export const installedBundleOf = (row: FoldedBundle): InstalledBundle =>
  ({
    id: row.installed_bundle_id, projectId: row.project_id, bundle: row.bundle, version: row.version, digest: row.digest, status: row.status, phase: row.phase, attempt: row.attempt, reason: row.reason,
    inputs: row.inputs, servers: row.servers, apps: row.apps.map(({ isOurs: _isOurs, begunAt: _begunAt, held, ...app }) => ({ ...app, waitsUntil: held?.until ?? null })), createdAt: row.created_at, finishedAt: row.finished_at, updatedAt: row.updated_at,
  }) as unknown as InstalledBundle;

export const bundlesAsTheyWere = defineReadModel<FoldedBundle>({ of: 'bundle', fold: bundlesProjection, projectOf: (row) => row.project_id, show: installedBundleOf });
