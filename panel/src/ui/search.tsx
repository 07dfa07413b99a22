import { useRef } from 'preact/hooks';
import { strings } from '../strings.ts';
import { Icon } from './icon.tsx';
import { areKeysOn } from './preferences.ts';

/** The room's search box; `/` goes there (`palette/keys.ts`). */
export const Search = ({ label, value, onInput }: { label: string; value: string; onInput: (value: string) => void }) => {
  const box = useRef<HTMLInputElement>(null);
  return (
    <div class="search">
      <Icon name="search" />
      <input ref={box} type="search" aria-label={label} placeholder={label} value={value} aria-keyshortcuts={areKeysOn.value ? '/' : undefined}
        onInput={(event) => onInput(event.currentTarget.value)}
        onKeyDown={(event) => { if (event.key === 'Escape') { onInput(''); box.current?.blur(); } }} />
      {areKeysOn.value && <kbd title={strings.shell.searchKey}>/</kbd>}
    </div>
  );
};
