/** Forgetting a person, for good: the address must be typed, so that nobody is forgotten by a slip. */
import { useSignal } from '@preact/signals';
import { strings } from '../strings.ts';
import { busy, useAction } from '../ui/action.ts';
import { Dialog } from '../ui/dialog.tsx';
import { Field } from '../ui/field.tsx';
import { ProblemNote } from '../ui/problem-note.tsx';

const t = strings.erase;

type EraseDialogProps = { title: string; consequence: string; email: string; onErase: () => Promise<void>; onClose: () => void };

export const EraseDialog = ({ title, consequence, email, onErase, onClose }: EraseDialogProps) => {
  const erasing = useAction();
  const typed = useSignal('');
  const isMeant = typed.value.trim().toLowerCase() === email.toLowerCase();
  const submit = (event: Event): void => {
    event.preventDefault();
    if (isMeant) void erasing.run(onErase);
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <form onSubmit={submit}>
        <p>{consequence}</p>
        <ProblemNote problem={erasing.problem.value} />
        <Field id="typed-email" label={t.typeEmail} help={t.typeEmailHelp(email)}>
          {(control) => <input {...control} type="text" autocomplete="off" spellcheck={false} autocapitalize="none" value={typed.value} onInput={(event) => { typed.value = event.currentTarget.value; }} />}
        </Field>
        <footer class="dialog-foot">
          <button type="button" onClick={onClose}>{strings.dialog.cancel}</button>
          <button type="submit" class="danger" disabled={!isMeant} {...busy(erasing.isBusy.value)}>{t.confirm}</button>
        </footer>
      </form>
    </Dialog>
  );
};
