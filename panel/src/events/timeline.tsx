import { Link } from 'wouter-preact';
import type { Fact } from '../api/types.ts';
import { useMembers } from '../people/use-members.ts';
import { useServers } from '../servers/use-servers.ts';
import { me } from '../session/me.ts';
import { strings } from '../strings.ts';
import { Ago } from '../ui/ago.tsx';
import { Icon, Slice, type IconName } from '../ui/icon.tsx';
import { Empty } from '../ui/page.tsx';
import { formatClock } from '../ui/time.ts';
import { actorOf, jobNamesIn, sentenceOf, serverNamesIn, type Names } from './sentences.ts';

const t = strings.events;
const ICONS: Record<string, IconName> = { good: 'check', bad: 'cross', warn: 'warning', busy: 'chevron', quiet: 'dot' };

type Named = { readonly id: string; readonly name: string };

export const useNames = (facts: readonly Fact[], about?: Named): Names => {
  const servers = useServers().data.value?.items;
  const members = useMembers().data.value?.items;
  const told = serverNamesIn(facts);
  const jobs = jobNamesIn(facts);
  return {
    server: (id) => (about?.id === id ? about.name : servers?.find((server) => server.id === id)?.name ?? told.get(id)),
    job: (id) => jobs.get(id),
    person: (id) => (id === me.value?.userId ? me.value.name : members?.find((member) => member.userId === id)?.name),
  };
};

const Line = ({ fact, names }: { fact: Fact; names: Names }) => {
  const { tone, parts } = sentenceOf(fact, names);
  return (
    <li class={`fact ${tone}`}>
      <span class="fact-mark"><Icon name={ICONS[tone] ?? 'dot'} /></span>
      <div class="fact-text">
        <p>{parts.map((part, index) => (typeof part === 'string' ? part : <Link key={`${part.href}${index}`} href={part.href}>{part.text}</Link>))}</p>
        <details>
          <summary><span class="fine"><Ago at={fact.at} /> · {formatClock(fact.at)} · {actorOf(fact, names)}</span><span class="fine fact-type">{fact.type}</span></summary>
          <pre tabIndex={0} aria-label={t.raw}>{JSON.stringify(fact, null, 2)}</pre>
        </details>
      </div>
    </li>
  );
};

export const Timeline = ({ facts, about }: { facts: readonly Fact[]; about?: Named }) => {
  const names = useNames(facts, about);
  if (facts.length === 0) return <Empty title={t.none} />;
  return <ol class="timeline">{facts.map((fact) => <Line key={fact.id} fact={fact} names={names} />)}</ol>;
};

export const Loading = () => <p class="loading"><Slice turning /></p>;
