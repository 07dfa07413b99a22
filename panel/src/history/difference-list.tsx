/** Then and now, field by field; the data itself behind a disclosure. */
import { Empty, Panel } from '../ui/page.tsx';
import { differencesOf, type Difference, type StateChange } from './differences.ts';
import { words as t } from './words.ts';

const Row = ({ difference: { field, kind, before, after } }: { difference: Difference }) => (
  <tr>
    <th scope="row">{field} <span class={`change ${kind}`}>{t.kinds[kind]}</span></th>
    <td class="breaks">{kind === 'added' ? <span class="fine">{before}</span> : before}</td>
    <td class="breaks">{kind === 'removed' ? <span class="fine">{after}</span> : after}</td>
  </tr>
);

export const DifferencePanel = ({ change }: { change: StateChange | undefined }) => {
  const differences = change ? differencesOf(change.changes) : [];
  return (
    <Panel title={t.different} aside={differences.length > 0 && <span class="count">{differences.length}</span>}>
      {differences.length === 0 ? <Empty title={t.same} /> : (
        <div class="table-shell">
          <table class="differences">
            <caption class="unseen">{t.different}</caption>
            <thead><tr><th scope="col">{t.field}</th><th scope="col">{t.thenColumn}</th><th scope="col">{t.nowColumn}</th></tr></thead>
            <tbody>{differences.map((difference) => <Row key={difference.path} difference={difference} />)}</tbody>
          </table>
        </div>
      )}
      {change && <details class="raw"><summary class="fine">{t.raw}</summary><pre tabIndex={0} aria-label={t.raw}>{JSON.stringify(change.changes, null, 2)}</pre></details>}
    </Panel>
  );
};
