/** The create form. The hub checks; its answers are shown at their fields. One form is one server, however often it is sent. */
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { useLocation } from 'wouter-preact';
import { newKey, post } from '../api/client.ts';
import type { CloudCatalog, CloudList, ServerPriority } from '@citrus/contracts';
import type { FieldProblem } from '../api/problem.ts';
import type { LiveServer } from '../api/types.ts';
import { useResource } from '../live/resource.ts';
import { strings } from '../strings.ts';
import { busy, useAction } from '../ui/action.ts';
import { Dialog } from '../ui/dialog.tsx';
import { ErrorSummary, Field } from '../ui/field.tsx';
import { ProblemNote } from '../ui/problem-note.tsx';
import { projectName, useProjects } from '../project/project-picker.tsx';
import { projectId } from '../session/project.ts';
import { may } from '../session/rights.ts';
import { createWords as w } from './create-words.ts';
import { PlanPicker } from './plan-picker.tsx';
import { cloudChoicesOf, defaultOf, offerOf, type Picked } from './cloud-choices.ts';
import { suggestName, type Choice } from './server-choices.ts';

const t = strings.create;
/** What was not picked is what the cloud usually gives. */
type Draft = Partial<Picked> & { name: string; priority: ServerPriority; cloud: string; tags: string; backups: boolean; ipv6: boolean; monitoring: boolean };
type ChoiceKey = 'cloud' | 'priority' | Exclude<keyof Picked, 'size'>;

const specOf = ({ tags, cloud, priority, ...rest }: Draft, picked: Picked) => ({ ...rest, ...picked, ...(cloud !== '' && { cloud }), ...(priority !== 'normal' && { priority }), tags: tags.split(/[\s,]+/).filter(Boolean) });

/** `spec.tags.0` and `tags.0` are both about the field "tags". */
const fieldOf = ({ path }: FieldProblem): string => path.replace(/^(spec|body)[./]/, '').split(/[./]/)[0] ?? '';

const PRIORITIES: readonly Choice[] = (['high', 'normal', 'low'] as const).map((value) => ({ value, text: w.priorities[value] }));

const useDraft = (taken: readonly string[]) => {
  const draft = useSignal<Draft>({
    name: suggestName(taken, Math.random()), cloud: '', priority: 'normal', tags: 'citrus-host', backups: false, ipv6: true, monitoring: true,
  });
  // A changed draft is another wish; only the very same one may be sent twice.
  const key = useRef(newKey());
  const change = (part: Partial<Draft>): void => {
    draft.value = { ...draft.value, ...part };
    key.current = newKey();
  };
  return { draft, key, change };
};

export const CreateServer = ({ taken, onClose }: { taken: readonly string[]; onClose: () => void }) => {
  const [, goTo] = useLocation();
  const { draft, key, change } = useDraft(taken);
  const clouds = useResource<CloudList>('/api/clouds').data.value;
  const catalog = useResource<CloudCatalog>(clouds && `/api/clouds/${draft.value.cloud || defaultOf(clouds)}/catalog`).data.value;
  const offer = offerOf(catalog, draft.value);
  const cloudChoices = cloudChoicesOf(clouds, t.clouds);
  const projects = useProjects().data.value?.items;
  const creating = useAction();
  const turn = useSignal(0);
  useEffect(() => document.querySelector<HTMLInputElement>('#name')?.select(), []);
  const problems = creating.problem.value?.fields ?? [];
  const problemAt = (field: string): string | undefined => problems.find((problem) => fieldOf(problem) === field)?.message;
  const submit = (event: Event): void => {
    event.preventDefault();
    void creating.run(async () => {
      const server = await post<LiveServer>('/api/servers', specOf(draft.value, offer.picked), key.current);
      goTo(`/servers/${server.id}`);
    }, () => { turn.value += 1; });
  };
  const select = (field: ChoiceKey, choices: readonly Choice[], value: string) => (
    <Field id={field} label={field === 'priority' ? w.priority : t[field]} help={field === 'priority' ? w.priorityHelp : undefined} problem={problemAt(field)}>
      {(control) => (
        <select {...control} value={value} onChange={(event) => change({ [field]: event.currentTarget.value })}>
          {choices.map(({ value, text }) => <option key={value} value={value}>{text}</option>)}
        </select>
      )}
    </Field>
  );
  const text = (field: 'name' | 'tags', help: string) => (
    <Field id={field} label={t[field]} help={help} problem={problemAt(field)}>
      {(control) => <input {...control} type="text" autocomplete="off" spellcheck={false} autocapitalize="none" value={draft.value[field]} onInput={(event) => change({ [field]: event.currentTarget.value })} />}
    </Field>
  );
  const tick = (field: 'backups' | 'ipv6' | 'monitoring') => (
    <label class="tick"><input type="checkbox" checked={draft.value[field]} onChange={(event) => change({ [field]: event.currentTarget.checked })} />{t[field]}</label>
  );
  return (
    <Dialog title={t.title} onClose={onClose} wide>
      <form onSubmit={submit} noValidate>
        {problems.length > 0
          ? <ErrorSummary turn={turn.value} items={problems.map((problem) => ({ ...problem, label: t.labelOf(fieldOf(problem)) }))} idOf={(path) => fieldOf({ path, message: '' })} />
          : <ProblemNote problem={creating.problem.value} />}
        {projectId.value && projects && projects.length > 1 && <p class="fine">{w.project}: <strong>{projectName(projects, projectId.value)}</strong></p>}
        {text('name', t.nameHelp)}
        {cloudChoices.length > 0 && select('cloud', cloudChoices, draft.value.cloud)}
        {select('region', offer.regions, offer.picked.region)}
        <PlanPicker catalog={catalog} region={offer.picked.region} picked={offer.picked.size} problem={problemAt('size')} label={t.size} onPick={(size) => change({ size })} />
        {select('image', offer.images, offer.picked.image)}
        <details class="more">
          <summary>{t.more}</summary>
          {text('tags', t.tagsHelp)}
          {select('priority', PRIORITIES.filter(({ value }) => value !== 'high' || may('admin')), draft.value.priority)}
          <fieldset class="ticks"><legend>{t.options}</legend>{tick('backups')}{tick('ipv6')}{tick('monitoring')}</fieldset>
        </details>
        <footer class="dialog-foot">
          <button type="button" onClick={onClose}>{strings.dialog.cancel}</button>
          <button type="submit" class="primary" {...busy(creating.isBusy.value)}>{t.submit}</button>
        </footer>
      </form>
    </Dialog>
  );
};
