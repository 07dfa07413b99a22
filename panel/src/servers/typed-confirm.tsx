/** Asks for the server's name before something that destroys what is on it. */
import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import type { LiveServer } from '../api/types.ts';
import { strings } from '../strings.ts';
import { busy, useAction } from '../ui/action.ts';
import { Dialog } from '../ui/dialog.tsx';
import { Field } from '../ui/field.tsx';
import { ProblemNote } from '../ui/problem-note.tsx';

const t = strings.danger;

type Props = { server: LiveServer; title: string; submit: string; onConfirm: () => Promise<unknown>; onClose: () => void; children: ComponentChildren };

export const TypedConfirm = ({ server, title, submit, onConfirm, onClose, children }: Props) => {
  const acting = useAction();
  const typed = useSignal('');
  const isMeant = typed.value === server.name;
  const send = (event: Event): void => {
    event.preventDefault();
    if (!isMeant) return;
    void acting.run(async () => {
      await onConfirm();
      onClose();
    });
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <form onSubmit={send}>
        {children}
        <ProblemNote problem={acting.problem.value} />
        <Field id="confirm-name" label={t.typeName} help={t.typeNameHelp(server.name)}>
          {(control) => <input {...control} type="text" autocomplete="off" spellcheck={false} autocapitalize="none" value={typed.value} onInput={(event) => { typed.value = event.currentTarget.value; }} />}
        </Field>
        <footer class="dialog-foot">
          <button type="button" onClick={onClose}>{strings.dialog.cancel}</button>
          <button type="submit" class="danger" disabled={!isMeant} {...busy(acting.isBusy.value)}>{submit}</button>
        </footer>
      </form>
    </Dialog>
  );
};
