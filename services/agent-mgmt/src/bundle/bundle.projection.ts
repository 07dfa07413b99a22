/** Bundles on servers as people see them: `bundle-*` streams as rows, by the rules of the decider itself. */
import type { BundlePhase, BundleStatus, BundleStep, InputValue } from '@citrus/contracts';
import { defineFold } from '@citrus/kit-event-store';
import { evolve, type KnownBundle, type StepState } from './bundle.decider.ts';
import type { BundleEvent } from './bundle.events.ts';

const HANDLES: readonly BundleEvent['type'][] = ['BundleRequested', 'BundleStepHeld', 'BundleStepBegun', 'BundleStepEnded', 'BundleCancelRequested', 'BundleRetried', 'BundleUninstallRequested', 'BundleFinished'];

/** What stands of a step in a row: what was asked of it is not shown, because its inputs are the bundle's. */
export type FoldedStep = Pick<BundleStep, 'app' | 'role' | 'serverId' | 'installer' | 'installerVersion'> & Pick<StepState, 'status' | 'how' | 'workId' | 'outputs' | 'isOurs' | 'held' | 'begunAt'> & { readonly reason: string | null };
export type FoldedBundle = {
  installed_bundle_id: string; project_id: string; bundle: string; version: string; digest: string;
  status: BundleStatus; phase: BundlePhase; attempt: number; without_backup: boolean; reason: string | null;
  inputs: Readonly<Record<string, InputValue>>; servers: Readonly<Record<string, string>>; apps: readonly FoldedStep[];
  created_at: string; finished_at: string | null; updated_at: string;
};

const NOTHING = { sealedInputs: '', inputs: {}, servers: {}, steps: [] };

/** As far as `evolve` looks at it. */
const stateOf = (row: FoldedBundle): KnownBundle => ({
  status: row.status, phase: row.phase, attempt: row.attempt, withoutBackup: row.without_backup, request: NOTHING as unknown as KnownBundle['request'],
  steps: Object.fromEntries(row.apps.map(({ app, status, isOurs, how, workId, outputs, reason, held, begunAt }) => [app, { status, isOurs, how, workId, outputs, reason: reason ?? '', held, begunAt }])),
});

const appsOf = (apps: readonly FoldedStep[], { steps }: KnownBundle): FoldedStep[] => apps.map((each) => {
  const { status, isOurs, how, workId, outputs, reason, held, begunAt } = steps[each.app] as StepState;
  return { ...each, status, isOurs, how, workId, outputs, reason: reason || null, held, begunAt };
});

const created = (event: Extract<BundleEvent, { type: 'BundleRequested' }>): FoldedBundle => {
  const { data } = event;
  const state = evolve({ status: 'unknown' }, event) as KnownBundle;
  const apps = data.steps.map(({ app, role, serverId, installer, installerVersion }) => ({ app, role, serverId, installer, installerVersion, status: 'waiting', how: null, workId: null, outputs: {}, isOurs: false, reason: null, held: null, begunAt: null }) as const);
  return {
    installed_bundle_id: data.installedBundleId, project_id: data.projectId, bundle: data.bundle, version: data.bundleVersion, digest: data.bundleDigest,
    status: state.status, phase: state.phase, attempt: state.attempt, without_backup: false, reason: null, inputs: data.inputs, servers: data.servers, apps: appsOf(apps, state),
    created_at: data.at, finished_at: null, updated_at: data.at,
  };
};

const changed = (row: FoldedBundle, event: Exclude<BundleEvent, { type: 'BundleRequested' }>): FoldedBundle => {
  const state = evolve(stateOf(row), event) as KnownBundle;
  const isOver = event.type === 'BundleFinished';
  return {
    ...row, status: state.status, phase: state.phase, attempt: state.attempt, without_backup: state.withoutBackup, apps: appsOf(row.apps, state),
    reason: isOver ? event.data.reason || null : null, finished_at: isOver ? event.data.at : null,
  };
};

export const bundlesProjection = defineFold<FoldedBundle>({
  name: 'installed_bundles',
  version: 2,
  table: 'installed_bundles',
  key: ['installed_bundle_id'],
  handles: HANDLES,
  keyOf: ({ data }) => [String(data['installedBundleId'])],
  evolve: (row, envelope) => {
    const event = envelope as unknown as BundleEvent;
    if (event.type === 'BundleRequested') return { ...created(event), updated_at: envelope.at };
    return row && { ...changed(row, event), updated_at: envelope.at };
  },
});
