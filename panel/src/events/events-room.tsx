import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { useLocation, useSearchParams } from 'wouter-preact';
import { get } from '../api/client.ts';
import type { Fact, Page as PageOf } from '../api/types.ts';
import { listen } from '../live/facts.ts';
import { projectId } from '../session/project.ts';
import { useResource } from '../live/resource.ts';
import { strings } from '../strings.ts';
import { useAction } from '../ui/action.ts';
import { Empty, Page } from '../ui/page.tsx';
import { ProblemNote } from '../ui/problem-note.tsx';
import { Search } from '../ui/search.tsx';
import { KINDS, kindOf, mergeFacts, type Kind } from './merge.ts';
import { plainText, sentenceOf } from './sentences.ts';
import { Loading, Timeline, useNames } from './timeline.tsx';

const t = strings.events;
const PAGE = 50;

/** The newest page, kept fresh; what the live stream brings; and older pages as they are asked for. */
const useFacts = (about: string | undefined) => {
  const path = `/api/events?limit=${PAGE}${about ? `&about=${encodeURIComponent(about)}` : ''}`;
  const newest = useResource<PageOf<Fact>>(path);
  const [live, older] = [useSignal<Fact[]>([]), useSignal<Fact[]>([])];
  const cursor = useSignal<string | null | undefined>(undefined);
  const loading = useAction();
  useEffect(() => listen({
    onFact: (fact) => {
      const isWanted = !about || fact.data['serverId'] === about || fact.stream.endsWith(about);
      if (isWanted) live.value = [...live.value, fact];
    },
  }), [path]);
  const next = cursor.value === undefined ? newest.data.value?.nextCursor : cursor.value;
  const loadOlder = () => loading.run(async () => {
    const page = await get<PageOf<Fact>>(`${path}&cursor=${encodeURIComponent(next ?? '')}`);
    older.value = [...older.value, ...page.items];
    cursor.value = page.nextCursor;
  });
  // Pages and stream tell of all one's projects.
  const facts = mergeFacts(newest.data.value?.items ?? [], live.value, older.value).filter((fact) => fact.projectId === projectId.value);
  return { newest, loading, loadOlder, hasOlder: Boolean(next), facts };
};

const Kinds = ({ chosen, counts, onChoose }: { chosen: Kind | undefined; counts: (kind: Kind) => number; onChoose: (kind: Kind | undefined) => void }) => (
  <div class="chips" role="group" aria-label={t.filter}>
    {KINDS.map((kind) => (
      <button key={kind} type="button" class="small toggle" aria-pressed={chosen === kind} onClick={() => onChoose(chosen === kind ? undefined : kind)}>
        {t.kinds[kind]} <span class="count">{counts(kind)}</span>
      </button>
    ))}
  </div>
);

export const EventsRoom = () => {
  const [, goTo] = useLocation();
  const [query] = useSearchParams();
  const about = query.get('about') ?? undefined;
  const { newest, loading, loadOlder, hasOlder, facts } = useFacts(about);
  const names = useNames(facts);
  const [wanted, kind] = [useSignal(''), useSignal<Kind | undefined>(undefined)];
  const needle = wanted.value.trim().toLowerCase();
  const found = needle === '' ? facts : facts.filter((fact) => `${plainText(sentenceOf(fact, names).parts)} ${fact.type}`.toLowerCase().includes(needle));
  const shown = kind.value ? found.filter((fact) => kindOf(fact) === kind.value) : found;
  return (
    <Page title={t.title} beside={about && <button type="button" class="small" onClick={() => goTo('/events')}>{t.onlyAbout(names.server(about) ?? about.slice(0, 8))}</button>}>
      <div class="toolbar">
        <Search label={t.search} value={wanted.value} onInput={(value) => { wanted.value = value; }} />
        <Kinds chosen={kind.value} counts={(each) => found.filter((fact) => kindOf(fact) === each).length} onChoose={(chosen) => { kind.value = chosen; }} />
      </div>
      {!newest.data.value && (newest.problem.value ? <ProblemNote problem={newest.problem.value} onRetry={() => void newest.refresh()} /> : <Loading />)}
      {newest.data.value && <section class="panel" aria-label={t.title}>{shown.length > 0 ? <Timeline facts={shown} /> : <Empty title={facts.length > 0 ? strings.servers.noMatch(wanted.value) : t.none} />}</section>}
      <ProblemNote problem={loading.problem.value} />
      {hasOlder && <p class="center"><button type="button" aria-busy={loading.isBusy.value} onClick={() => void loadOlder()}>{t.older}</button></p>}
    </Page>
  );
};
