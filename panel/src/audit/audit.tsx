/** Who did what, and what was refused: of the project, or (for administrators) of the whole installation. */
import type { AuditRecord, User } from '@citrus/contracts';
import { useSignal } from '@preact/signals';
import type { Page as PageOf } from '../api/types.ts';
import { useResource } from '../live/resource.ts';
import { useMembers } from '../people/use-members.ts';
import { projectId } from '../session/project.ts';
import { isAdministrator, may } from '../session/rights.ts';
import { Ago } from '../ui/ago.tsx';
import { Badge, type Tone } from '../ui/badge.tsx';
import { Slice } from '../ui/icon.tsx';
import { Empty, Page } from '../ui/page.tsx';
import { More, usePages } from '../ui/pages.tsx';
import { ProblemNote } from '../ui/problem-note.tsx';
import { formatExact } from '../ui/time.ts';
import { ACTIONS } from './actions.ts';
import { NO_FILTER, pathOf, type Filter, type Scope } from './filter.ts';
import { AuditFilters, type Named } from './filters.tsx';
import { words as t } from './words.ts';

const TONES: Record<AuditRecord['outcome'], Tone> = { allowed: 'good', refused: 'bad', failed: 'warn' };

type NameOf = (userId: string) => string | undefined;

const actorText = ({ actor }: AuditRecord, nameOf: NameOf): string => {
  if (!actor) return t.unknown;
  return actor.kind === 'user' ? nameOf(actor.id) ?? t.somebody(actor.id.slice(0, 8)) : `${t.kinds[actor.kind]} ${actor.id}`;
};

const Details = ({ record }: { record: AuditRecord }) => {
  const facts: readonly (readonly [string, string | null])[] = [
    [t.action, record.action], [t.actor, record.actor && `${record.actor.kind} ${record.actor.id}`], [t.at, formatExact(record.at)], [t.lastAt, record.count > 1 ? formatExact(record.lastAt) : null],
    [t.service, record.service], [t.code, record.code], ...Object.entries(record.target), [t.correlation, record.correlationId], [t.entry, record.id],
  ];
  return <dl class="facts">{facts.map(([name, value]) => value && <div key={name}><dt>{name}</dt><dd class="mono">{value}</dd></div>)}</dl>;
};

const Row = ({ record, nameOf }: { record: AuditRecord; nameOf: NameOf }) => (
  <li class="audit-entry">
    <details>
      <summary>
        <span class="audit-outcome"><Badge tone={TONES[record.outcome]}>{t.outcomes[record.outcome]}</Badge>{record.count > 1 && <span class="count"> {t.times(record.count)}</span>}</span>
        <span class="audit-what"><strong>{actorText(record, nameOf)}</strong> · {ACTIONS[record.action] ?? <span class="mono">{record.action}</span>}{record.reason && <span class="audit-reason"> – {record.reason}</span>}</span>
        <span class="fine nowrap audit-where mono">{record.address ?? record.network ?? ''}</span>
        <span class="fine nowrap audit-when"><Ago at={record.lastAt} /></span>
      </summary>
      <Details record={record} />
    </details>
  </li>
);

export const AuditRoom = () => {
  const scope = useSignal<Scope>(may('admin') ? 'project' : 'installation');
  const filter = useSignal<Filter>(NO_FILTER);
  const users = useResource<PageOf<User>>(isAdministrator() ? '/api/users?limit=200' : undefined).data.value?.items;
  const members = useMembers().data.value?.items;
  const people: readonly Named[] = (scope.value === 'installation' ? users : members) ?? [];
  const records = usePages<AuditRecord>(pathOf(scope.value, filter.value), { everyMs: 15_000 });
  const nameOf: NameOf = (userId) => people.find((person) => person.userId === userId)?.name;
  const isNarrowed = Object.values(filter.value).some((value) => value !== '');
  return (
    <Page title={t.title}>
      <AuditFilters people={people} filter={filter.value} onFilter={(next) => { filter.value = next; }}
        scope={scope.value} scopes={[...(projectId.value && may('admin') ? ['project' as const] : []), ...(isAdministrator() ? ['installation' as const] : [])]} onScope={(next) => { scope.value = next; }} />
      {!records.items && (records.problem ? <ProblemNote problem={records.problem} onRetry={() => void records.refresh()} /> : <p class="loading"><Slice turning /></p>)}
      {records.items?.length === 0 && <Empty title={isNarrowed ? t.noMatch : t.none}>{!isNarrowed && <p>{t.noneHint}</p>}</Empty>}
      {records.items && records.items.length > 0 && (
        <section class="panel" aria-label={t.title}><ol class="audit">{records.items.map((record) => <Row key={record.id} record={record} nameOf={nameOf} />)}</ol></section>
      )}
      <More more={records.more} text={t.older} />
    </Page>
  );
};
