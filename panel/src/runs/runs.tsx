/** Runs: one app on many servers. The list, a new one, and how one stands. */
import { Route, Switch } from 'wouter-preact';
import { NewRun } from './new-run.tsx';
import { RunRoom } from './run-room.tsx';
import { RunsList } from './runs-list.tsx';

export const RunsRoom = () => (
  <Switch>
    <Route path="/runs/new"><NewRun /></Route>
    <Route path="/runs/:runId">{({ runId }) => <RunRoom key={runId} runId={runId} />}</Route>
    <Route><RunsList /></Route>
  </Switch>
);
