/** The filter over the table: its language, how many it means, and what is wrong with it where it is wrong. */
import { useEffect, useRef } from 'preact/hooks';
import { Icon } from '../ui/icon.tsx';
import { Search } from '../ui/search.tsx';
import type { Filtered } from './fleet-filter.ts';
import { fleetWords as t } from './fleet-words.ts';

type Props = { readonly text: string; readonly filtered: Filtered<unknown>; readonly all: number; readonly onChange: (text: string) => void };

/** Between the last key and a count that is read out. */
const SAID_AFTER_MS = 700;

/** A count for the eye at once; for the ear when somebody has stopped typing. */
const Count = ({ text }: { text: string }) => {
  const said = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    const timer = setTimeout(() => { if (said.current) said.current.textContent = text; }, SAID_AFTER_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return <><span class="fine" aria-hidden="true">{text}</span><span ref={said} class="unseen" role="status" /></>;
};

export const FilterBar = ({ text, filtered: { shown, fault, isWidened, filter }, all, onChange }: Props) => (
  <div class="filter-bar">
    <div class="toolbar">
      <Search label={t.filter} placeholder={t.filterExample} value={text} isWrong={fault !== undefined} describedBy="filter-words" onInput={onChange} />
      <Count text={text.trim() === '' ? '' : t.matching(shown.length, all)} />
      {text !== '' && <button type="button" class="small plain" onClick={() => onChange('')}>{t.clear}</button>}
    </div>
    <div id="filter-words">
      {fault && (
        <div class="filter-fault">
          <p class="field-problem"><Icon name="warning" />{t.fault(fault.message, fault.position)}</p>
          <p class="mono" aria-hidden="true">{text.trim().slice(0, fault.position)}<mark>{text.trim().slice(fault.position, fault.position + 1) || ' '}</mark>{text.trim().slice(fault.position + 1)}</p>
        </div>
      )}
      {isWidened && <p class="fine">{t.widened(filter.slice(1, -1), shown.length)} {shown.length > 0 && <span class="mono">{filter}</span>}</p>}
      <details class="filter-help"><summary class="fine">{t.filterHow}</summary><p class="fine">{t.filterHelp}</p></details>
    </div>
  </div>
);
