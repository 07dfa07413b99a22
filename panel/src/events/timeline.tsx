import { Link } from 'wouter-preact';
import type { Fact } from '../api/types.ts';
import { useServers } from '../servers/servers-room.tsx';
import { me } from '../session/me.ts';
import { strings } from '../strings.ts';
import { Ago } from '../ui/ago.tsx';
import { Icon, Slice, type IconName } from '../ui/icon.tsx';
import { Empty } from '../ui/page.tsx';
import { formatClock } from '../ui/time.ts';
import { actorOf, jobNamesIn, sentenceOf, type Names } from './sentences.ts';

const t = strings.events;
const ICONS: Record<string, IconName> = { good: 'check', bad: 'cross', warn: 'warning', busy: 'chevron', quiet: 'dot' };

export const useNames = (facts: readonly Fact[]): Names => {
  const servers = useServers().data.value?.items;
  const jobs = jobNamesIn(facts);
  return {
    server: (id) => servers?.find((server) => server.id === id)?.name,
    job: (id) => jobs.get(id),
    person: (id) => (id === me.value?.userId ? me.value.name ?? me.value.email : undefined),
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

export const Timeline = ({ facts }: { facts: readonly Fact[] }) => {
  const names = useNames(facts);
  if (facts.length === 0) return <Empty title={t.none} />;
  return <ol class="timeline">{facts.map((fact) => <Line key={fact.id} fact={fact} names={names} />)}</ol>;
};

export const Loading = () => <p class="loading"><Slice turning /></p>;
