/**
 * Where everything is found by name: a combobox whose list is always open (ARIA 1.2). The focus stays in the field, the
 * arrows move the choice, and what is found is announced. It closes before it leads anywhere, so that the room takes the
 * focus; where nothing is left the focus goes back to where it was.
 */
import { useSignal } from '@preact/signals';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { useLocation } from 'wouter-preact';
import { asProblem, type ApiProblem } from '../api/problem.ts';
import { strings } from '../strings.ts';
import { Icon } from '../ui/icon.tsx';
import { ProblemNote } from '../ui/problem-note.tsx';
import { recentOf, useEntries, type Entry } from './entries.ts';
import { rank } from './ranking.ts';
import { recentPaths } from './recent.ts';
import { words as t } from './words.ts';

const MOST_SHOWN = 50;

const moved = (key: string, at: number, length: number): number | undefined => {
  switch (key) {
    case 'ArrowDown': return length === 0 ? 0 : (at + 1) % length;
    case 'ArrowUp': return length === 0 ? 0 : (at - 1 + length) % length;
    case 'PageDown': return Math.min(length - 1, at + 8);
    case 'PageUp': return Math.max(0, at - 8);
    default: return undefined;
  }
};

const idOf = (index: number): string => `palette-${index}`;

const Option = ({ entry, index, isChosen, onChoose }: { entry: Entry; index: number; isChosen: boolean; onChoose: () => void }) => {
  const place = useRef<HTMLLIElement>(null);
  useEffect(() => { if (isChosen) place.current?.scrollIntoView({ block: 'nearest' }); }, [isChosen]);
  return (
    // The field has the focus and the keys; the pointer is another way in.
    <li ref={place} id={idOf(index)} role="option" aria-selected={isChosen} class="option" onPointerDown={(event) => event.preventDefault()} onClick={onChoose}>
      <span class="option-kind">{t.kinds[entry.kind]}</span><span class="option-text">{entry.text}</span>{entry.hint && <span class="option-hint">{entry.hint}</span>}
    </li>
  );
};

const useChoosing = (onClose: () => void) => {
  const said = useSignal('');
  const problem = useSignal<ApiProblem | undefined>(undefined);
  const choose = async (entry: Entry): Promise<void> => {
    [said.value, problem.value] = ['', undefined];
    const before = location.href;
    try {
      const doing = entry.act();
      // Whoever goes somewhere is taken there; the heading of the room gets the focus.
      if (location.href !== before) {
        onClose();
        return void setTimeout(() => { if (document.activeElement instanceof HTMLElement) document.activeElement.blur(); });
      }
      if (doing instanceof Promise && entry.id === 'ping') said.value = t.pinging;
      const sentence = await doing;
      if (typeof sentence === 'string') said.value = sentence;
      else onClose();
    } catch (thrown) {
      [said.value, problem.value] = ['', asProblem(thrown)];
    }
  };
  return { said, problem, choose };
};

export const Palette = ({ onClose }: { onClose: () => void }) => {
  const [path] = useLocation();
  const dialog = useRef<HTMLDialogElement>(null);
  const typed = useSignal('');
  const chosen = useSignal(0);
  const { said, problem, choose } = useChoosing(onClose);
  useEffect(() => {
    const element = dialog.current;
    element?.showModal();
    return () => element?.close();
  }, []);
  const entries = useEntries(path);
  const recent = useMemo(() => recentPaths(), []);
  const shown = typed.value.trim() === '' ? [...recentOf(recent, path, entries), ...entries].slice(0, MOST_SHOWN) : rank(typed.value, entries, MOST_SHOWN);
  const at = Math.min(chosen.value, Math.max(0, shown.length - 1));
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.isComposing) return;
    const entry = shown[at];
    if (event.key === 'Enter' && entry) void choose(entry);
    const next = moved(event.key, at, shown.length);
    if (next !== undefined) chosen.value = next;
    if (next !== undefined || event.key === 'Enter') event.preventDefault();
  };
  return (
    <dialog ref={dialog} class="palette" aria-label={t.title} onCancel={(event) => { event.preventDefault(); onClose(); }} onPointerDown={(event) => { if (event.target === dialog.current) onClose(); }}>
      <div class="palette-head">
        <Icon name="search" />
        <input
          type="text" role="combobox" aria-label={t.title} placeholder={t.placeholder} aria-expanded="true" aria-controls="palette-list" aria-autocomplete="list" aria-activedescendant={shown.length > 0 ? idOf(at) : undefined}
          autocomplete="off" spellcheck={false} value={typed.value} onKeyDown={onKeyDown} onInput={(event) => { typed.value = event.currentTarget.value; chosen.value = 0; said.value = ''; }}
        />
        <button type="button" class="plain icon-only" aria-label={strings.dialog.close} onClick={onClose}><Icon name="cross" /></button>
      </div>
      <ProblemNote problem={problem.value} />
      <p role="status" class={said.value === '' ? 'unseen' : 'palette-said'}>{said.value || t.found(shown.length)}</p>
      <ul id="palette-list" role="listbox" aria-label={t.results} class="options">
        {shown.map((entry, index) => <Option key={entry.id} entry={entry} index={index} isChosen={index === at} onChoose={() => void choose(entry)} />)}
      </ul>
      {shown.length === 0 && <div class="empty"><p class="empty-title">{t.none(typed.value)}</p><p>{t.noneHint}</p></div>}
      <p class="palette-foot" aria-hidden="true"><span><kbd>↑</kbd> <kbd>↓</kbd> {t.footer.choose}</span><span><kbd>Enter</kbd> {t.footer.open}</span><span><kbd>Esc</kbd> {t.footer.close}</span></p>
    </dialog>
  );
};
