import { useSignal } from '@preact/signals';
import { strings } from '../strings.ts';
import { Icon } from './icon.tsx';

export const copyText = async (text: string): Promise<void> => {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  // Plain HTTP on a private network has no clipboard API. Inside an open dialog, everything beside it is inert.
  const area = document.createElement('textarea');
  area.value = text;
  (document.querySelector('dialog[open]') ?? document.body).append(area);
  area.select();
  document.execCommand('copy');
  area.remove();
};

const SAID_FOR_MS = 2000;

export const CopyButton = ({ text, label, class: looks = 'small' }: { text: () => string; label?: string; class?: string }) => {
  const wasCopied = useSignal(false);
  const copy = async (): Promise<void> => {
    await copyText(text());
    wasCopied.value = true;
    setTimeout(() => { wasCopied.value = false; }, SAID_FOR_MS);
  };
  return <button type="button" class={looks} onClick={() => void copy()}><Icon name={wasCopied.value ? 'check' : 'copy'} />{wasCopied.value ? strings.log.copied : label ?? strings.log.copy}</button>;
};

/** A text that is shown this once: a link or a token. */
export const ShownOnce = ({ id, label, text, help }: { id: string; label: string; text: string; help: string }) => (
  <div class="field shown-once">
    <div class="field-head"><label for={id}>{label}</label></div>
    <div class="secret">
      <input id={id} class="mono" type="text" readOnly value={text} aria-describedby={`${id}-help`} onFocus={(event) => event.currentTarget.select()} />
      <CopyButton text={() => text} class="primary" />
    </div>
    <p class="help" id={`${id}-help`}>{help}</p>
  </div>
);
