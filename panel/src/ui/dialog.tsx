/** A native modal dialog: the browser keeps the focus inside, closes it on Escape and gives the focus back. */
import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import { strings } from '../strings.ts';
import { Icon } from './icon.tsx';

/** What somebody came to fill in; a group of choices begins at the one that is chosen. */
const FIRST_FIELD = 'input:not([type="radio"], [readonly]), input[type="radio"]:checked, select';

type DialogProps = { title: string; onClose: () => void; children: ComponentChildren; drawer?: boolean; wide?: boolean };

export const Dialog = ({ title, onClose, children, drawer = false, wide = false }: DialogProps) => {
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  useEffect(() => {
    const element = dialog.current;
    element?.showModal();
    // Not the button that closes it, which stands first.
    element?.querySelector<HTMLElement>(FIRST_FIELD)?.focus();
    return () => element?.close();
  }, []);
  return (
    <dialog
      ref={dialog} class={drawer ? 'drawer' : wide ? 'modal wide' : 'modal'} aria-labelledby={titleId}
      onCancel={(event) => { event.preventDefault(); onClose(); }}
      onPointerDown={(event) => { if (event.target === dialog.current) onClose(); }}
    >
      <div class="dialog-body">
        <header class="dialog-head">
          <h2 id={titleId}>{title}</h2>
          <button type="button" class="plain icon-only" aria-label={strings.dialog.close} onClick={onClose}><Icon name="cross" /></button>
        </header>
        {children}
      </div>
    </dialog>
  );
};
