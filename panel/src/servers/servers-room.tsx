/** All servers of the project: which are shown, in which order, and what is done with those that are selected. */
import { useSignal } from '@preact/signals';
import { useCallback, useMemo } from 'preact/hooks';
import { useLocation, useSearchParams } from 'wouter-preact';
import type { Agent, LiveServer, Page as PageOf } from '../api/types.ts';
import { useResource } from '../live/resource.ts';
import { may } from '../session/rights.ts';
import { strings } from '../strings.ts';
import { Icon, Slice } from '../ui/icon.tsx';
import { lazyPart } from '../ui/lazy.tsx';
import { Empty, Page } from '../ui/page.tsx';
import { ProblemNote } from '../ui/problem-note.tsx';
import { BulkBar } from './bulk-bar.tsx';
import { useFindings } from './drift.tsx';
import { FilterBar } from './filter-bar.tsx';
import { filterServers, needsLabels } from './fleet-filter.ts';
import { FleetTable, ROWS_AT_ONCE } from './fleet-table.tsx';
import { fleetWords as words } from './fleet-words.ts';
import { sortingIn, sortingText, sortServers, type Sorting } from './sorting.ts';
import { useBoard } from './use-board.ts';
import { useFleet, type Fleet } from './use-fleet.ts';

const t = strings.servers;
const CreateServer = lazyPart<{ taken: readonly string[]; onClose: () => void }>(async () => (await import('./create-server.tsx')).CreateServer);
const JoinServer = lazyPart<{ onClose: () => void }>(async () => (await import('./join-server.tsx')).JoinServer);

/** The filter and the order stand in the address: a link shows what somebody saw. */
const useAddress = () => {
  const [query, setQuery] = useSearchParams();
  const change = (key: string, value: string): void => setQuery((before) => {
    const after = new URLSearchParams(before);
    if (value === '') after.delete(key);
    else after.set(key, value);
    return after;
  }, { replace: true });
  return { filter: query.get('filter') ?? '', sorting: sortingIn(query.get('sort')), setFilter: (text: string) => change('filter', text), setSorting: (sorting: Sorting) => change('sort', sortingText(sorting)) };
};

/** Asked for only while the filter is about them. */
const useLabels = (isNeeded: boolean): ((serverId: string) => readonly string[]) => {
  const agents = useResource<PageOf<Agent>>(isNeeded ? '/api/agents?limit=200' : undefined, { touchedBy: ({ stream }) => stream.startsWith('agent-') }).data.value;
  return useMemo(() => {
    const labels = new Map((agents?.items ?? []).map((agent) => [agent.serverId as string, Object.entries(agent.labels).flatMap(([key, value]) => (value === '' ? [key] : [key, `${key}=${value}`]))]));
    return (serverId: string) => labels.get(serverId) ?? [];
  }, [agents]);
};

const Servers = ({ fleet, all }: { fleet: Fleet; all: readonly LiveServer[] }) => {
  const { filter: text, sorting, setFilter, setSorting } = useAddress();
  const [rows, selected] = [useSignal(ROWS_AT_ONCE), useSignal<ReadonlySet<string>>(new Set())];
  const labelsOf = useLabels(needsLabels(text));
  const filtered = useMemo(() => filterServers(all, text, labelsOf), [all, text, labelsOf]);
  // What is drawn is asked about; in which order depends on the answer, so that is not in the question.
  const asked = useMemo(() => filtered.shown.slice(0, Math.max(rows.value, ROWS_AT_ONCE)).map(({ id }) => id), [filtered, rows.value]);
  const board = useBoard(sorting.column === 'apps' || sorting.column === 'cpu' ? filtered.shown.map(({ id }) => id) : asked).value;
  const findings = useFindings();
  const sorted = useMemo(() => sortServers(filtered.shown, sorting, board), [filtered, sorting.column, sorting.isDown, board]);
  const chosen = sorted.filter(({ id }) => selected.value.has(id));
  const selectOne = useCallback((id: string, isSelected: boolean): void => {
    const after = new Set(selected.value);
    if (isSelected) after.add(id);
    else after.delete(id);
    selected.value = after;
  }, []);
  const canSelect = may('operator');
  return (
    <>
      <FilterBar text={text} filtered={filtered} all={all.length} onChange={(written) => { setFilter(written); rows.value = ROWS_AT_ONCE; }} />
      {fleet.isPart.value && <p class="note warn"><Icon name="warning" /><span>{words.part} <button type="button" class="small" onClick={() => void fleet.readMore()}>{words.readMore}</button></span></p>}
      {canSelect && chosen.length > 0 && <BulkBar servers={chosen} filter={chosen.length === sorted.length ? filtered.filter : undefined} onNone={() => { selected.value = new Set(); }} />}
      {sorted.length > 0
        ? <FleetTable servers={sorted} rows={rows.value} onMore={() => { rows.value += ROWS_AT_ONCE; }} board={board} findings={findings} sorting={sorting} onSort={setSorting} canSelect={canSelect} selected={selected.value} onSelect={(ids) => { selected.value = new Set(ids); }} onSelectOne={selectOne} />
        : !filtered.fault && <Empty title={words.noMatch}><p>{words.noMatchHint}</p><button type="button" onClick={() => setFilter('')}>{words.clear}</button></Empty>}
    </>
  );
};

export const ServersRoom = ({ isCreating = false }: { isCreating?: boolean }) => {
  const [, goTo] = useLocation();
  const fleet = useFleet();
  const isJoining = useSignal(false);
  const all = fleet.servers.value;
  // Behind an open dialog they are inert, and their names belong to the dialog's own buttons.
  const join = <button type="button" aria-hidden={isJoining.value || undefined} onClick={() => { isJoining.value = true; }}>{strings.joinServer.open}</button>;
  const create = <button type="button" class="primary" aria-hidden={isCreating || undefined} onClick={() => goTo('/servers/new')}><Icon name="plus" />{t.create}</button>;
  return (
    <Page title={t.title} actions={all?.length !== 0 && may('operator') && <>{join}{create}</>} beside={all && all.length > 0 && <span class="count">{all.length}</span>}>
      {!all && (fleet.problem.value ? <ProblemNote problem={fleet.problem.value} onRetry={() => void fleet.refresh()} /> : <p class="loading"><Slice turning /></p>)}
      {all?.length === 0 && <Empty title={t.none}>{may('operator') ? <><p>{t.noneHint}</p><div class="actions">{create}{join}</div></> : <p>{t.noneHintViewer}</p>}</Empty>}
      {all && all.length > 0 && <Servers fleet={fleet} all={all} />}
      {isCreating && all && may('operator') && <CreateServer taken={all.map(({ name }) => name)} onClose={() => goTo('/servers')} />}
      {isJoining.value && <JoinServer onClose={() => { isJoining.value = false; }} />}
    </Page>
  );
};
