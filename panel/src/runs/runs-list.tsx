import { Link } from 'wouter-preact';
import type { Page as PageOf, Run } from '../api/types.ts';
import { useAppNames, type AppNames } from '../live/app-names.ts';
import { useResource } from '../live/resource.ts';
import { may } from '../session/rights.ts';
import { strings } from '../strings.ts';
import { Ago } from '../ui/ago.tsx';
import { Icon, Slice } from '../ui/icon.tsx';
import { Empty, Page } from '../ui/page.tsx';
import { ProblemNote } from '../ui/problem-note.tsx';
import { RunStatusBadge, scoreOf } from './run-status.tsx';
import { Schedules } from './schedules.tsx';

const t = strings.runs;

const RunsTable = ({ runs, appName }: { runs: readonly Run[]; appName: AppNames }) => (
  <div class="table-shell">
    <table>
      <caption class="unseen">{t.title}</caption>
      <thead><tr><th scope="col">{t.what}</th><th scope="col">{t.state}</th><th scope="col" class="phone-off">{t.on}</th><th scope="col" class="phone-off">{t.servers}</th><th scope="col" class="number">{t.begun}</th></tr></thead>
      <tbody>
        {runs.map((run) => (
          <tr class="row-link" key={run.id}>
            <th scope="row"><Link href={`/runs/${run.id}`}>{strings.jobs.action[run.action]} {appName(run.installer)}</Link></th>
            <td><RunStatusBadge status={run.status} /></td>
            <td class="phone-off mono">{run.filter}</td>
            <td class="phone-off">{scoreOf(run)}</td>
            <td class="number fine nowrap"><Ago at={run.createdAt} /></td>
          </tr>
        ))}
      </tbody>
    </table>
  </div>
);

export const RunsList = () => {
  const runs = useResource<PageOf<Run>>('/api/runs?limit=200', { touchedBy: ({ stream }) => stream.startsWith('run-') || stream.startsWith('job-') });
  const all = runs.data.value?.items;
  const appName = useAppNames();
  const begin = may('operator') && <Link href="/runs/new" className="button primary"><Icon name="plus" />{t.begin}</Link>;
  return (
    <Page title={t.title} actions={all?.length !== 0 && begin}>
      <Schedules />
      {!all && (runs.problem.value ? <ProblemNote problem={runs.problem.value} onRetry={() => void runs.refresh()} /> : <p class="loading"><Slice turning /></p>)}
      {all?.length === 0 && <Empty title={t.none}><p>{t.noneHint}</p>{begin}</Empty>}
      {all && all.length > 0 && <RunsTable appName={appName} runs={all} />}
    </Page>
  );
};
