/** How a run stands: its score, what it waits for, and what became of each server. */
import { useSignal } from '@preact/signals';
import { useLocation } from 'wouter-preact';
import { newKey, post } from '../api/client.ts';
import { isUnknown } from '../api/problem.ts';
import type { Run } from '../api/types.ts';
import { useAppNames } from '../live/app-names.ts';
import { useResource } from '../live/resource.ts';
import { may } from '../session/rights.ts';
import { strings } from '../strings.ts';
import { busy, useAction } from '../ui/action.ts';
import { Confirm } from '../ui/confirm.tsx';
import { Slice } from '../ui/icon.tsx';
import { Empty, Page } from '../ui/page.tsx';
import { ProblemNote } from '../ui/problem-note.tsx';
import { retryOf, type Box } from './figures.ts';
import { Progress } from './run-progress.tsx';
import { Servers } from './run-servers.tsx';
import { isOver } from './run-status.tsx';
import { words } from './words.ts';

const t = strings.runs;
const touchedBy = ({ stream }: { stream: string }): boolean => stream.startsWith('run-') || stream.startsWith('job-');

const Abort = ({ run, onDone, onClose }: { run: Run; onDone: () => Promise<void>; onClose: () => void }) => {
  const stops = useSignal(false);
  const send = async (): Promise<void> => {
    await post(`/api/runs/${run.id}/abort`, { cancelRunning: stops.value });
    await onDone();
  };
  return (
    <Confirm title={t.abortTitle} submit={t.abort} onConfirm={send} onClose={onClose}>
      <p>{t.abortMeans}</p>
      <label class="tick"><input type="checkbox" checked={stops.value} onChange={(event) => { stops.value = event.currentTarget.checked; }} />{t.cancelRunning}</label>
    </Confirm>
  );
};

const Steering = ({ run, refresh }: { run: Run; refresh: () => Promise<void> }) => {
  const [, goTo] = useLocation();
  const acting = useAction();
  const again = retryOf(run);
  const [isAborting, retryKey] = [useSignal(false), useSignal(newKey())];
  const steer = (verb: string) => () => void acting.run(async () => {
    await post(`/api/runs/${run.id}/${verb}`);
    await refresh();
  });
  const retry = () => void acting.run(async () => goTo(`/runs/${(await post<Run>(`/api/runs/${run.id}/retry`, {}, retryKey.value)).id}`));
  return (
    <>
      <ProblemNote problem={acting.problem.value} />
      <div class="actions">
        {run.status === 'running' && <button type="button" {...busy(acting.isBusy.value)} onClick={steer('pause')}>{t.pause}</button>}
        {run.status === 'paused' && <button type="button" class="primary" {...busy(acting.isBusy.value)} onClick={steer('resume')}>{t.resume}</button>}
        {!isOver(run.status) && run.status !== 'aborting' && <button type="button" class="danger" onClick={() => { isAborting.value = true; }}>{t.abort}</button>}
        {isOver(run.status) && run.status !== 'succeeded' && <button type="button" class="primary" {...busy(acting.isBusy.value)} aria-describedby="retry-means" onClick={retry}>{t.retry}</button>}
      </div>
      {isOver(run.status) && run.status !== 'succeeded' && <p class="fine" id="retry-means">{words.retryWhich(again.failed, again.notStarted)}</p>}
      {isAborting.value && <Abort run={run} onDone={refresh} onClose={() => { isAborting.value = false; }} />}
    </>
  );
};

export const RunRoom = ({ runId }: { runId: string }) => {
  const run = useResource<Run>(`/api/runs/${runId}`, { touchedBy });
  const chosen = useSignal<Box | undefined>(undefined);
  const found = run.data.value;
  const appName = useAppNames();
  const crumbs = [{ text: t.title, href: '/runs' }];
  if (!found) {
    const missing = isUnknown(run.problem.value);
    return (
      <Page title={missing ? t.unknown : strings.shell.loading} crumbs={crumbs}>
        {missing ? <Empty title={t.unknownHint} /> : run.problem.value ? <ProblemNote problem={run.problem.value} onRetry={() => void run.refresh()} /> : <p class="loading"><Slice turning /></p>}
      </Page>
    );
  }
  return (
    <Page title={t.titleOf(strings.jobs.action[found.action], appName(found.installer))} crumbs={crumbs} actions={may('operator') && <Steering run={found} refresh={run.refresh} />}>
      <div class="column">
        <Progress run={found} chosen={chosen.value} onChoose={(box) => { chosen.value = box; }} />
        <Servers run={found} chosen={chosen.value} touchedBy={touchedBy} />
      </div>
    </Page>
  );
};
