/** What will run in which order with which values, and what stands against it. */
import type { BundlePlan, PlannedApp } from '@citrus/contracts';
import type { LiveServer } from '../api/types.ts';
import { Icon } from '../ui/icon.tsx';
import { Panel } from '../ui/page.tsx';
import { words as t } from './words.ts';

const Value = ({ id, text }: { id: string; text: string }) => <p class="fine breaks"><span class="mono">{id}</span>: {text}</p>;

const Values = ({ planned }: { planned: PlannedApp }) => (
  <>
    {Object.entries(planned.inputs).map(([id, value]) => <Value key={id} id={id} text={String(value)} />)}
    {planned.hidden.map((id) => <Value key={id} id={id} text={t.hidden} />)}
    {Object.entries(planned.later).map(([id, from]) => <Value key={id} id={id} text={t.laterFrom(from)} />)}
  </>
);

/** Everything that stands against it, app by app. A password that is asked for in the form is not asked for twice. */
export const againstOf = ({ problems, apps }: BundlePlan, secrets: ReadonlySet<string>): string[] => [
  ...problems.filter(({ path }) => !secrets.has(path)).map(({ path, message }) => `${path} ${message}`),
  ...apps.flatMap((each) => [
    ...each.problems.filter(({ message }) => secrets.size === 0 || message !== 'is required').map(({ path, message }) => `${each.app}: ${path} ${message}`),
    ...each.requirements.filter(({ state, mayBeIgnored }) => state === 'unmet' && !mayBeIgnored).map(({ text, remedy }) => `${each.app}: ${text}. ${remedy}`),
  ]),
];

export const Against = ({ id, items }: { id: string; items: readonly string[] }) => (
  <div class="note bad" id={id}><Icon name="cross" /><div><p>{t.cannot}</p><ul>{items.map((text) => <li key={text}>{text}</li>)}</ul></div></div>
);

export const PlanPanel = ({ plan, servers }: { plan: BundlePlan; servers: readonly LiveServer[] }) => (
  <Panel title={t.plan}>
    <ol class="requirements">
      {plan.apps.map((each, index) => (
        <li key={each.app}>
          <span class="count">{index + 1}</span>
          <div>
            <p><strong>{each.name}</strong> {each.version} <span class="fine">{t.on} {servers.find(({ id }) => id === each.serverId)?.name ?? each.serverId.slice(0, 8)} · {t.does[each.does]}</span></p>
            <Values planned={each} />
          </div>
        </li>
      ))}
    </ol>
  </Panel>
);
