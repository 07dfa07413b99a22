/** Runs: one app on many servers. The list, a new one, and how one stands. */
import { Route, Switch, useSearchParams } from 'wouter-preact';
import { ChangeSchedule, NewRun } from './new-run.tsx';
import { RunRoom } from './run-room.tsx';
import { RunsList } from './runs-list.tsx';

/** A link from one kind of new run to the other begins anew. */
const NewOne = () => {
  const [query] = useSearchParams();
  return <NewRun key={query.get('when')} />;
};

export const RunsRoom = () => (
  <Switch>
    <Route path="/runs/new"><NewOne /></Route>
    <Route path="/runs/schedules/:scheduleId">{({ scheduleId }) => <ChangeSchedule key={scheduleId} scheduleId={scheduleId} />}</Route>
    <Route path="/runs/:runId">{({ runId }) => <RunRoom key={runId} runId={runId} />}</Route>
    <Route><RunsList /></Route>
  </Switch>
);
