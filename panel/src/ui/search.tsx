import { useEffect, useRef } from 'preact/hooks';
import { strings } from '../strings.ts';
import { Icon } from './icon.tsx';

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName));

/** The room's search box; `/` goes there. */
export const Search = ({ label, value, onInput }: { label: string; value: string; onInput: (value: string) => void }) => {
  const box = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || document.querySelector('dialog[open]')) return;
      event.preventDefault();
      box.current?.focus();
      box.current?.select();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);
  return (
    <div class="search">
      <Icon name="search" />
      <input ref={box} type="search" aria-label={label} placeholder={label} value={value} aria-keyshortcuts="/"
        onInput={(event) => onInput(event.currentTarget.value)}
        onKeyDown={(event) => { if (event.key === 'Escape') { onInput(''); box.current?.blur(); } }} />
      <kbd title={strings.shell.searchKey}>/</kbd>
    </div>
  );
};
