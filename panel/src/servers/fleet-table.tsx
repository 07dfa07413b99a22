/** The table of servers. A long one grows as it is scrolled, and by a button for everybody who does not scroll. */
import type { Finding } from '@citrus/contracts';
import { useEffect, useRef } from 'preact/hooks';
import type { LiveServer } from '../api/types.ts';
import { Icon } from '../ui/icon.tsx';
import { useAppNames } from '../live/app-names.ts';
import { strings } from '../strings.ts';
import { FleetRow } from './fleet-row.tsx';
import { fleetWords as t } from './fleet-words.ts';
import { turned, type Column, type Sorting } from './sorting.ts';
import type { Board } from './use-board.ts';

export const ROWS_AT_ONCE = 100;

type HeadProps = { readonly column: Column; readonly sorting: Sorting; readonly onSort: (sorting: Sorting) => void; readonly class?: string };

const SortHead = ({ column, sorting, onSort, class: looks }: HeadProps) => {
  const isSorted = sorting.column === column;
  return (
    <th scope="col" class={looks} aria-sort={isSorted ? (sorting.isDown ? 'descending' : 'ascending') : 'none'}>
      <button type="button" class="sort" onClick={() => onSort(turned(sorting, column))}>{t.columns[column]}<span class={isSorted ? (sorting.isDown ? 'sort-mark down' : 'sort-mark up') : 'sort-mark'}><Icon name="chevron" /></span></button>
    </th>
  );
};

const SelectAll = ({ ids, selected, onSelect }: { ids: readonly string[]; selected: ReadonlySet<string>; onSelect: (ids: readonly string[]) => void }) => {
  const box = useRef<HTMLInputElement>(null);
  const chosen = ids.filter((id) => selected.has(id)).length;
  useEffect(() => { if (box.current) box.current.indeterminate = chosen > 0 && chosen < ids.length; });
  return <th scope="col" class="cell-tick"><label class="tick-target"><input ref={box} type="checkbox" aria-label={t.selectAll} checked={ids.length > 0 && chosen === ids.length} onChange={(event) => onSelect(event.currentTarget.checked ? ids : [])} /></label></th>;
};

/** Calls when the end of the table comes into sight. */
const useEndInSight = (onSeen: () => void) => {
  const end = useRef<HTMLDivElement>(null);
  const seen = useRef(onSeen);
  seen.current = onSeen;
  useEffect(() => {
    const watcher = new IntersectionObserver(([entry]) => { if (entry?.isIntersecting) seen.current(); }, { rootMargin: '600px' });
    if (end.current) watcher.observe(end.current);
    return () => watcher.disconnect();
  }, []);
  return end;
};

type TableProps = {
  /** In their order, all that are meant; `rows` of them are drawn. */
  readonly servers: readonly LiveServer[]; readonly rows: number; readonly onMore: () => void; readonly board: Board; readonly findings: readonly Finding[];
  readonly sorting: Sorting; readonly onSort: (sorting: Sorting) => void;
  readonly canSelect: boolean; readonly selected: ReadonlySet<string>; readonly onSelect: (ids: readonly string[]) => void; readonly onSelectOne: (id: string, isSelected: boolean) => void;
};

export const FleetTable = ({ servers, rows, onMore, board, findings, sorting, onSort, canSelect, selected, onSelect, onSelectOne }: TableProps) => {
  const appName = useAppNames();
  const end = useEndInSight(() => { if (rows < servers.length) onMore(); });
  const head = { sorting, onSort };
  return (
    <>
      <div class="table-shell fleet">
        <table>
          <caption class="unseen">{strings.servers.title}</caption>
          <thead>
            <tr>
              {canSelect && <SelectAll ids={servers.map(({ id }) => id)} selected={selected} onSelect={onSelect} />}
              <SortHead column="name" {...head} /><SortHead column="state" {...head} /><SortHead column="seen" class="phone-off" {...head} />
              <th scope="col" class="tablet-off">{t.columns.tags}</th><SortHead column="apps" class="phone-off" {...head} /><th scope="col" class="phone-off">{t.columns.job}</th>
              <SortHead column="cpu" class="tablet-off" {...head} /><SortHead column="created" class="number tablet-off" {...head} />
            </tr>
          </thead>
          <tbody>
            {servers.slice(0, rows).map((server) => <FleetRow key={server.id} server={server} row={board.get(server.id)} appName={appName} findings={findings} isSelected={selected.has(server.id)} canSelect={canSelect} onSelect={onSelectOne} />)}
          </tbody>
        </table>
      </div>
      <div ref={end} class="table-end" />
      {rows < servers.length && <p class="center more-row"><button type="button" class="small" onClick={onMore}>{t.showMore(Math.min(ROWS_AT_ONCE, servers.length - rows))}</button></p>}
    </>
  );
};
