/** How a job is begun: before which others, with what it depends on, and the way to more servers than this one. */
import type { Signal } from '@preact/signals';
import { Link } from 'wouter-preact';
import type { Installer, Job, LiveServer } from '../api/types.ts';
import { may } from '../session/rights.ts';
import { strings } from '../strings.ts';
import { Field } from '../ui/field.tsx';
import { installWords as w } from './words.ts';

export type Wishes = { readonly priority: Signal<Job['priority']>; readonly withDependencies: Signal<boolean> };
const PRIORITIES: readonly Job['priority'][] = ['critical', 'high', 'normal', 'low'];

/** Only what is not usual. */
export const wishesToSend = ({ priority, withDependencies }: Wishes, { depends_on: needed }: Installer, action: Job['action']) => ({
  ...(priority.value !== 'normal' && { priority: priority.value }), ...(action === 'install' && needed.length > 0 && withDependencies.value && { withDependencies: true }),
});

export const JobWishes = ({ installer, action, wishes, server }: { installer: Installer; action: Job['action']; wishes: Wishes; server: LiveServer }) => (
  <details class="more">
    <summary>{w.more}</summary>
    <Field id="job-priority" label={w.priority} help={w.priorityHelp}>
      {(control) => (
        <select {...control} value={wishes.priority.value} onChange={(event) => { wishes.priority.value = event.currentTarget.value as Job['priority']; }}>
          {PRIORITIES.filter((each) => each !== 'critical' || may('admin')).map((each) => <option key={each} value={each}>{strings.job.priorities[each]}</option>)}
        </select>
      )}
    </Field>
    {action === 'install' && installer.depends_on.length > 0 && (
      <label class="tick"><input type="checkbox" checked={wishes.withDependencies.value} onChange={(event) => { wishes.withDependencies.value = event.currentTarget.checked; }} />{w.withDependencies(installer.depends_on.map(({ installer: id }) => id).join(', '))}</label>
    )}
    {action === 'install' && <p><Link href={`/runs/new?installer=${installer.id}&on=${encodeURIComponent(server.name)}`}>{w.elsewhere}</Link> <span class="fine">{w.elsewhereHelp}</span></p>}
  </details>
);
