/** Search over the whole log, and the way to a line. Everything here works with the keyboard alone. */
import { useSignal } from '@preact/signals';
import { strings } from '../strings.ts';
import { Icon } from '../ui/icon.tsx';
import { Search } from '../ui/search.tsx';
import { parseTyped, type LineRange } from './line-range.ts';
import type { LogSearch } from './use-log-search.ts';

const t = strings.log;

const countOf = ({ found, isBusy, current }: LogSearch): string => {
  const what = found.value;
  if (!what) return isBusy.value ? t.searching : '';
  if (what.total === 0) return isBusy.value ? t.searching : t.noHits;
  return t.hits(current.value + 1, what.total, what.isAll);
};

const Flag = ({ label, title, isOn, onToggle }: { label: string; title: string; isOn: boolean; onToggle: () => void }) => (
  <button type="button" class="small toggle" title={title} aria-label={`${label}: ${title}`} aria-pressed={isOn} onClick={onToggle}>{label}</button>
);

const GoToLine = ({ onGo }: { onGo: (lines: LineRange) => void }) => {
  const typed = useSignal('');
  const isWrong = typed.value.trim() !== '' && !parseTyped(typed.value);
  const submit = (event: Event): void => {
    event.preventDefault();
    const lines = parseTyped(typed.value);
    if (lines) onGo(lines);
  };
  return (
    <form class="log-goto" onSubmit={submit}>
      <input class="mono" type="text" inputMode="numeric" autocomplete="off" aria-label={t.goTo} placeholder={t.goToShort} title={t.goTo} value={typed.value} aria-invalid={isWrong ? 'true' : undefined} onInput={(event) => { typed.value = event.currentTarget.value; }} />
    </form>
  );
};

export const LogSearchBar = ({ search, onGo }: { search: LogSearch; onGo: (lines: LineRange) => void }) => {
  const { wish, found, problem } = search;
  const { q, as, case: minds } = wish.value;
  const hasHits = (found.value?.hits.length ?? 0) > 0;
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== 'Enter' || !(event.target instanceof HTMLInputElement)) return;
    event.preventDefault();
    search.step(event.shiftKey ? -1 : 1);
  };
  return (
    <search class="log-search" aria-label={t.searchName}>
      {/* oxlint-disable-next-line jsx-a11y/no-static-element-interactions -- what the field inside says, heard here */}
      <div class="log-search-field" onKeyDown={onKeyDown}><Search label={t.search} value={q} onInput={(value) => search.ask({ q: value })} /></div>
      <div class="log-search-how">
        <Flag label="Aa" title={t.exactCase} isOn={minds === 'exact'} onToggle={() => search.ask({ case: minds === 'exact' ? 'any' : 'exact' })} />
        <Flag label=".*" title={t.pattern} isOn={as === 'pattern'} onToggle={() => search.ask({ as: as === 'pattern' ? 'text' : 'pattern' })} />
        {q !== '' && (
          <>
            <button type="button" class="small icon-only up" aria-label={t.previous} title={t.previous} disabled={!hasHits} onClick={() => search.step(-1)}><Icon name="chevron" /></button>
            <button type="button" class="small icon-only down" aria-label={t.next} title={t.next} disabled={!hasHits} onClick={() => search.step(1)}><Icon name="chevron" /></button>
          </>
        )}
      </div>
      <p class="fine log-search-count" role="status" aria-label={t.searchName}>{problem.value ? problem.value.fields[0]?.message ?? problem.value.message : countOf(search)}</p>
      <GoToLine onGo={onGo} />
    </search>
  );
};
