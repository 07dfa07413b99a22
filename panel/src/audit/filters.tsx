import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { Search } from '../ui/search.tsx';
import { NO_FILTER, type Filter, type Scope } from './filter.ts';
import { words as t } from './words.ts';

const OUTCOMES = ['allowed', 'refused', 'failed'] as const;
/** The hub is not asked for every letter. */
const TYPING_MS = 350;

export type Named = { readonly userId: string; readonly name: string };
type AuditFiltersProps = { people: readonly Named[]; filter: Filter; onFilter: (filter: Filter) => void; scope: Scope; scopes: readonly Scope[]; onScope: (scope: Scope) => void };

const ActionSearch = ({ action, onAction }: { action: string; onAction: (action: string) => void }) => {
  const typed = useSignal(action);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => { typed.value = action; }, [action]);
  useEffect(() => () => clearTimeout(timer.current), []);
  const type = (value: string): void => {
    typed.value = value;
    clearTimeout(timer.current);
    timer.current = setTimeout(() => onAction(value), TYPING_MS);
  };
  return <Search label={t.findAction} value={typed.value} onInput={type} />;
};

export const AuditFilters = ({ people, filter, onFilter, scope, scopes, onScope }: AuditFiltersProps) => {
  const change = (part: Partial<Filter>): void => onFilter({ ...filter, ...part });
  const day = (which: 'from' | 'to') => <input type="date" class="filter" aria-label={t[which]} title={t[which]} value={filter[which]} onInput={(event) => change({ [which]: event.currentTarget.value })} />;
  return (
    <div class="toolbar">
      {scopes.length > 1 && (
        <div class="chips" role="group" aria-label={t.scope}>
          {scopes.map((each) => <button key={each} type="button" class="small toggle" aria-pressed={each === scope} onClick={() => onScope(each)}>{t.scopes[each]}</button>)}
        </div>
      )}
      <ActionSearch action={filter.action} onAction={(action) => change({ action })} />
      <select class="filter" aria-label={t.actor} value={filter.actor} onChange={(event) => change({ actor: event.currentTarget.value })}>
        <option value="">{t.anybody}</option>
        {people.map(({ userId, name }) => <option key={userId} value={userId}>{name}</option>)}
      </select>
      <div class="chips" role="group" aria-label={t.outcome}>
        {OUTCOMES.map((outcome) => (
          <button key={outcome} type="button" class="small toggle" aria-pressed={filter.outcome === outcome} onClick={() => change({ outcome: filter.outcome === outcome ? '' : outcome })}>{t.outcomes[outcome]}</button>
        ))}
      </div>
      <span class="filter-days">{day('from')}<span class="fine">{t.until}</span>{day('to')}</span>
      {Object.values(filter).some((value) => value !== '') && <button type="button" class="small plain" onClick={() => onFilter(NO_FILTER)}>{t.clear}</button>}
    </div>
  );
};
