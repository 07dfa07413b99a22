/** Facts one below the other, newest first: in the rooms of servers, of the past, and of all events. */
import { useSignal } from '@preact/signals';
import { Link } from 'wouter-preact';
import type { Fact } from '../api/types.ts';
import { strings } from '../strings.ts';
import { Ago } from '../ui/ago.tsx';
import { Icon, type IconName } from '../ui/icon.tsx';
import { Empty } from '../ui/page.tsx';
import { formatClock } from '../ui/time.ts';
import { actorOf, plainText, sentenceOf, type Names } from './sentences.ts';
import { useNames, type Named } from './use-names.ts';
import { WhyTree } from './why.tsx';
import { words as t } from './words.ts';

const ICONS: Record<string, IconName> = { good: 'check', bad: 'cross', warn: 'warning', busy: 'chevron', quiet: 'dot' };

export const Sentence = ({ fact, names }: { fact: Fact; names: Names }) => (
  <>{sentenceOf(fact, names).parts.map((part, index) => (typeof part === 'string' ? part : <Link key={`${part.href}${index}`} href={part.href}>{part.text}</Link>))}</>
);

/** People lead to all that they did; services and agents have nothing to lead to. */
export const Who = ({ fact, names }: { fact: Fact; names: Names }) =>
  (fact.actor.kind === 'user' ? <Link href={`/events?by=${encodeURIComponent(fact.actor.id)}`}>{actorOf(fact, names)}</Link> : <>{actorOf(fact, names)}</>);

const Details = ({ fact, names }: { fact: Fact; names: Names }) => {
  const isOpen = useSignal(false);
  return (
    <details onToggle={(event) => { isOpen.value = event.currentTarget.open; }}>
      <summary class="fine fact-type">{fact.type}<span class="unseen">: {t.details}</span></summary>
      {isOpen.value && (
        <>
          <WhyTree eventId={fact.id} known={names} />
          <pre tabIndex={0} aria-label={strings.events.raw}>{JSON.stringify(fact, null, 2)}</pre>
        </>
      )}
    </details>
  );
};

const Line = ({ fact, names }: { fact: Fact; names: Names }) => {
  const { tone, parts } = sentenceOf(fact, names);
  return (
    <li class={`fact ${tone}`}>
      <span class="fact-mark"><Icon name={ICONS[tone] ?? 'dot'} /></span>
      <div class="fact-text">
        <p><Sentence fact={fact} names={names} /></p>
        <div class="fact-foot">
          <p class="fine"><Link href={`/events/${fact.id}`} className="fact-permalink"><Ago at={fact.at} /> · {formatClock(fact.at)}<span class="unseen">: {plainText(parts)}</span></Link> · <Who fact={fact} names={names} /></p>
          <Details fact={fact} names={names} />
        </div>
      </div>
    </li>
  );
};

export const Lines = ({ facts, names }: { facts: readonly Fact[]; names: Names }) => <ol class="timeline">{facts.map((fact) => <Line key={fact.id} fact={fact} names={names} />)}</ol>;

export const Timeline = ({ facts, about }: { facts: readonly Fact[]; about?: Named }) => {
  const names = useNames(facts, about);
  return facts.length === 0 ? <Empty title={strings.events.none} /> : <Lines facts={facts} names={names} />;
};
