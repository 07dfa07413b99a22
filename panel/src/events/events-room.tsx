/** What happened, newest first, searched by the hub over the whole history. What is looked for is in the address. */
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { Link, useLocation, useSearch } from 'wouter-preact';
import type { Fact } from '../api/types.ts';
import { Views } from '../history/views.tsx';
import { useMembers } from '../people/use-members.ts';
import { strings } from '../strings.ts';
import { busy } from '../ui/action.ts';
import { Icon, Slice } from '../ui/icon.tsx';
import { Empty, Page } from '../ui/page.tsx';
import { ProblemNote } from '../ui/problem-note.tsx';
import { Search } from '../ui/search.tsx';
import { formatDay } from '../ui/time.ts';
import { EventRoom } from './event-room.tsx';
import { factWords } from './fact-words.ts';
import { addressOf, byDay, KINDS, meantBy, wantedIn, type Wanted } from './merge.ts';
import type { Names } from './sentences.ts';
import { Lines } from './timeline.tsx';
import { useEveryServer } from './use-every-server.ts';
import { useFacts } from './use-facts.ts';
import { useNames, type Named } from './use-names.ts';
import { words as t } from './words.ts';

const TYPED_AFTER_MS = 250;
const MOST_OFFERED = 4;
const DAY_MS = 86_400_000;

const dayName = (day: string): string => {
  if (day === new Date().toDateString()) return t.today;
  return day === new Date(Date.now() - DAY_MS).toDateString() ? t.yesterday : formatDay(new Date(day).toISOString());
};

type FilterProps = { wanted: Wanted; names: Names; onWant: (wanted: Wanted, isTyping?: boolean) => void };

/** Narrowed to one server or person: a filter by id says more than words. */
const Chosen = ({ wanted, names, onWant }: FilterProps) => (
  <>
    {wanted.about && <button type="button" class="small toggle" aria-pressed="true" title={t.without} onClick={() => onWant({ ...wanted, about: undefined })}>{t.about(names.server(wanted.about) ?? wanted.about.slice(0, 8))}<Icon name="cross" /></button>}
    {wanted.by && <button type="button" class="small toggle" aria-pressed="true" title={t.without} onClick={() => onWant({ ...wanted, by: undefined })}>{t.by(names.person(wanted.by) ?? factWords.somebody)}<Icon name="cross" /></button>}
  </>
);

/** Names that what was typed may mean. */
const Offers = ({ wanted, servers, onWant }: Omit<FilterProps, 'names'> & { servers: readonly Named[] }) => {
  const members = useMembers().data.value?.items ?? [];
  const needle = wanted.text?.trim().toLowerCase() ?? '';
  if (needle.length < 2) return null;
  const offers = [
    ...servers.filter(({ id, name }) => name.includes(needle) && id !== wanted.about).map(({ id, name }) => ({ id, text: t.about(name), wish: { ...wanted, text: undefined, about: id } })),
    ...members.filter(({ userId, name }) => name.toLowerCase().includes(needle) && userId !== wanted.by).map(({ userId, name }) => ({ id: userId, text: t.by(name), wish: { ...wanted, text: undefined, by: userId } })),
  ].slice(0, MOST_OFFERED);
  return offers.length === 0 ? null : <p class="offers fine">{t.offer}: {offers.map(({ id, text, wish }) => <button key={id} type="button" class="small" onClick={() => onWant(wish)}>{text}</button>)}</p>;
};

const Days = ({ facts, names }: { facts: readonly Fact[]; names: Names }) => (
  <>
    {byDay(facts).map(({ day, facts: ofDay }) => (
      <section key={day} class="panel day" aria-label={dayName(day)}>
        <header class="day-head"><h2>{dayName(day)}</h2><span class="count">{ofDay.length}</span></header>
        <Lines facts={ofDay} names={names} />
      </section>
    ))}
  </>
);

const All = () => {
  const [, goTo] = useLocation();
  const wanted = wantedIn(new URLSearchParams(useSearch()));
  const servers = useEveryServer();
  const typed = useSignal(wanted.text ?? '');
  const settling = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const { facts, isBusy, problem, retry, fresh, showFresh, hasOlder, loading, loadOlder } = useFacts(meantBy(wanted, servers));
  const listed = useNames(facts ?? []);
  const names: Names = { ...listed, server: (id) => listed.server(id) ?? servers.find((server) => server.id === id)?.name };
  // The way back, or a link, may have brought other words. What is being typed meanwhile stays.
  useEffect(() => { if (settling.current === undefined) typed.value = wanted.text ?? ''; }, [wanted.text]);
  useEffect(() => () => clearTimeout(settling.current), []);

  const want = (wish: Wanted, isTyping = false): void => {
    clearTimeout(settling.current);
    settling.current = undefined;
    goTo(addressOf(wish), { replace: isTyping });
  };
  const type = (text: string): void => {
    typed.value = text;
    clearTimeout(settling.current);
    settling.current = setTimeout(() => want({ ...wantedIn(new URLSearchParams(location.search)), text: text.trim() === '' ? undefined : text }, true), TYPED_AFTER_MS);
  };
  const toTop = (): void => {
    showFresh();
    scrollTo({ top: 0 });
  };
  const isFiltered = Object.values(wanted).some(Boolean);
  return (
    <Page title={strings.events.title}>
      <Views />
      <div class="toolbar">
        <Search label={t.search} value={typed.value} onInput={type} />
        <div class="chips" role="group" aria-label={strings.events.filter}>
          {KINDS.map((kind) => <button key={kind} type="button" class="small toggle" aria-pressed={wanted.kind === kind} onClick={() => want({ ...wanted, kind: wanted.kind === kind ? undefined : kind })}>{t.kinds[kind]}</button>)}
          <Chosen wanted={wanted} names={names} onWant={want} />
        </div>
        <p role="status" class="fine">{isBusy && facts ? t.searching : ''}</p>
      </div>
      <Offers wanted={wanted} servers={servers} onWant={want} />
      <ProblemNote problem={problem} onRetry={retry} />
      {fresh > 0 && <p class="fresh"><button type="button" class="primary small" title={t.freshHint} onClick={toTop}>{t.fresh(fresh)}</button></p>}
      {!facts && !problem && <p class="loading"><Slice turning /></p>}
      {facts?.length === 0 && !isBusy && (isFiltered ? <Empty title={t.none}><p>{t.noneHint}</p><Link href="/events" className="button">{t.clear}</Link></Empty> : <Empty title={strings.events.none}><p>{t.searchHint}</p></Empty>)}
      {facts && facts.length > 0 && <div class="days" aria-busy={isBusy}><Days facts={facts} names={names} /></div>}
      <ProblemNote problem={loading.problem.value} />
      {hasOlder && <p class="center"><button type="button" {...busy(loading.isBusy.value)} onClick={() => void loadOlder()}>{strings.events.older}</button></p>}
    </Page>
  );
};

export const EventsRoom = ({ eventId }: { eventId: string | undefined }) => (eventId === undefined ? <All /> : <EventRoom key={eventId} eventId={eventId} />);
