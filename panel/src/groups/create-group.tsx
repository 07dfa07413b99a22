/** The form of a new server group. The hub checks; its answers are shown at their fields. */
import { useSignal } from '@preact/signals';
import { newKey, post } from '../api/client.ts';
import { IMAGES, REGIONS, SIZES, type Choice } from '../servers/server-choices.ts';
import { strings } from '../strings.ts';
import { busy, useAction } from '../ui/action.ts';
import { Dialog } from '../ui/dialog.tsx';
import { Field } from '../ui/field.tsx';
import { valueOf } from '../ui/form.ts';
import { ProblemNote } from '../ui/problem-note.tsx';
import { words as t } from './words.ts';


const numbersIn = (form: HTMLFormElement, names: readonly string[]): Record<string, number> => Object.fromEntries(names.map((name) => [name, Number(valueOf(form, `group-${name}`))]));

export const CreateGroup = ({ onDone, onClose }: { onDone: () => Promise<void>; onClose: () => void }) => {
  const making = useAction();
  const [key, follows] = [useSignal(newKey()), useSignal(false)];
  const problems = making.problem.value?.fields ?? [];
  const problemAt = (field: string) => problems.find(({ path }) => path.replace(/^(?:spec|policy|template)\./, '').split('.')[0] === field)?.message;
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const policy = follows.value ? { metric: valueOf(form, 'group-metric'), ...numbersIn(form, ['outAbove', 'inBelow', 'forMinutes', 'coolDownMinutes']) } : null;
    const template = { region: valueOf(form, 'group-region'), size: valueOf(form, 'group-size'), image: valueOf(form, 'group-image') };
    void making.run(async () => {
      await post('/api/groups', { name: valueOf(form, 'group-name').trim(), ...numbersIn(form, ['min', 'max', 'target']), policy, template }, key.value);
      await onDone();
      onClose();
    }, () => { key.value = newKey(); });
  };
  const number = (field: string, label: string, value: number) => (
    <Field id={`group-${field}`} label={label} problem={problemAt(field)}>{(control) => <input {...control} type="number" required min={0} max={1440} defaultValue={String(value)} />}</Field>
  );
  const select = (field: string, label: string, choices: readonly Choice[]) => (
    <Field id={`group-${field}`} label={label} problem={problemAt(field)}>{(control) => <select {...control}>{choices.map(({ value, text }) => <option key={value} value={value}>{text}</option>)}</select>}</Field>
  );
  return (
    <Dialog title={t.create} onClose={onClose}>
      <form onSubmit={submit}>
        <ProblemNote problem={making.problem.value} />
        <Field id="group-name" label={strings.create.name} help={t.nameHelp} problem={problemAt('name')}>
          {(control) => <input {...control} type="text" required maxLength={42} autocomplete="off" spellcheck={false} autocapitalize="none" />}
        </Field>
        {number('min', t.min, 1)}{number('max', t.max, 3)}{number('target', t.target, 1)}
        {select('region', strings.create.region, REGIONS)}{select('size', strings.create.size, SIZES)}{select('image', strings.create.image, IMAGES)}
        <label class="tick"><input type="checkbox" checked={follows.value} onChange={(event) => { follows.value = event.currentTarget.checked; }} />{t.follow}</label>
        {follows.value && (
          <>
            {select('metric', t.metric, [{ value: 'cpu', text: t.metrics.cpu }, { value: 'memory', text: t.metrics.memory }])}
            {number('outAbove', t.outAbove, 70)}{number('inBelow', t.inBelow, 25)}{number('forMinutes', t.forMinutes, 5)}{number('coolDownMinutes', t.coolDown, 10)}
          </>
        )}
        <footer class="dialog-foot">
          <button type="button" onClick={onClose}>{strings.dialog.cancel}</button>
          <button type="submit" class="primary" {...busy(making.isBusy.value)}>{t.create}</button>
        </footer>
      </form>
    </Dialog>
  );
};
