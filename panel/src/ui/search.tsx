import { useRef } from 'preact/hooks';
import { strings } from '../strings.ts';
import { Icon } from './icon.tsx';
import { areKeysOn } from './preferences.ts';

type SearchProps = { label: string; value: string; onInput: (value: string) => void; placeholder?: string; isWrong?: boolean; describedBy?: string };

/** The room's search box; `/` goes there (`palette/keys.ts`). */
export const Search = ({ label, value, onInput, placeholder = label, isWrong = false, describedBy }: SearchProps) => {
  const box = useRef<HTMLInputElement>(null);
  return (
    <div class="search">
      <Icon name="search" />
      <input ref={box} type="search" aria-label={label} placeholder={placeholder} value={value} aria-keyshortcuts={areKeysOn.value ? '/' : undefined} aria-invalid={isWrong || undefined} aria-describedby={describedBy} autocomplete="off" spellcheck={false} autocapitalize="none"
        onInput={(event) => onInput(event.currentTarget.value)}
        onKeyDown={(event) => { if (event.key === 'Escape') { onInput(''); box.current?.blur(); } }} />
      {areKeysOn.value && <kbd title={strings.shell.searchKey}>/</kbd>}
    </div>
  );
};
