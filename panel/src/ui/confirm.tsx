/** Asks before something that cannot be taken back, and says what will happen. */
import type { ComponentChildren } from 'preact';
import { strings } from '../strings.ts';
import { busy, useAction } from './action.ts';
import { Dialog } from './dialog.tsx';
import { ProblemNote } from './problem-note.tsx';

type ConfirmProps = { title: string; submit: string; onConfirm: () => Promise<unknown>; onClose: () => void; children: ComponentChildren; isDanger?: boolean };

export const Confirm = ({ title, submit, onConfirm, onClose, children, isDanger = true }: ConfirmProps) => {
  const acting = useAction();
  const send = (event: Event): void => {
    event.preventDefault();
    void acting.run(async () => {
      await onConfirm();
      onClose();
    });
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <form onSubmit={send}>
        <div class="dialog-text">{children}</div>
        <ProblemNote problem={acting.problem.value} />
        <footer class="dialog-foot">
          <button type="button" onClick={onClose}>{strings.dialog.cancel}</button>
          <button type="submit" class={isDanger ? 'danger' : 'primary'} {...busy(acting.isBusy.value)}>{submit}</button>
        </footer>
      </form>
    </Dialog>
  );
};
