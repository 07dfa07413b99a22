import { useSignal } from '@preact/signals';
import type { FieldProblem } from '../api/problem.ts';
import { strings } from '../strings.ts';
import { Field } from '../ui/field.tsx';

/** As the contracts have it; the service that keeps it checks more. */
const FEWEST = 12;

export const problemAt = (fields: readonly FieldProblem[], path: string): string | undefined => fields.find((field) => field.path === path || field.path.endsWith(`.${path}`))?.message;

/** A password that is being chosen: it can be looked at, which is kinder than asking for it twice. */
export const NewPasswordField = ({ id = 'password', label, problem }: { id?: string; label: string; problem: string | undefined }) => {
  const isShown = useSignal(false);
  return (
    <Field id={id} label={label} help={strings.password.help(FEWEST)} problem={problem}
      aside={<button type="button" class="plain small field-aside" aria-pressed={isShown.value} onClick={() => { isShown.value = !isShown.value; }}>{strings.form.show}</button>}>
      {(control) => <input {...control} type={isShown.value ? 'text' : 'password'} autocomplete="new-password" required minLength={FEWEST} maxLength={1024} />}
    </Field>
  );
};
