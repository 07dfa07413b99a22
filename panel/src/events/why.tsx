/** What led to an event and what came of it, over all services, as a tree of sentences that each lead on. */
import type { Actor } from '@citrus/contracts';
import { Link } from 'wouter-preact';
import type { Fact } from '../api/types.ts';
import { useResource } from '../live/resource.ts';
import { Slice } from '../ui/icon.tsx';
import { ProblemNote } from '../ui/problem-note.tsx';
import { formatClock, formatExact } from '../ui/time.ts';
import { actorOf, plainText, sentenceOf, type Names } from './sentences.ts';
import { useNames } from './use-names.ts';
import { words as t } from './words.ts';

type Effect = { readonly event: Fact; readonly effects: readonly Effect[] };
type WhyAnswer = {
  readonly event: Fact; readonly causes: readonly Fact[]; readonly effects: readonly Effect[]; readonly command: { readonly actor: Actor };
  readonly hidden: { readonly causes: number; readonly effects: number }; readonly isCut: boolean;
};

const allIn = (effects: readonly Effect[]): Fact[] => effects.flatMap(({ event, effects: below }) => [event, ...allIn(below)]);

const One = ({ fact, names, isThis = false }: { fact: Fact; names: Names; isThis?: boolean }) => {
  const text = plainText(sentenceOf(fact, names).parts);
  return <p class={isThis ? 'why-this' : undefined}><time dateTime={fact.at} title={formatExact(fact.at)} class="fine mono">{formatClock(fact.at)}</time> {isThis ? <strong>{text}</strong> : <Link href={`/events/${fact.id}`}>{text}</Link>}</p>;
};

const Effects = ({ effects, names }: { effects: readonly Effect[]; names: Names }) => (
  <ul class="why-tree">
    {effects.map(({ event, effects: below }) => <li key={event.id}><One fact={event} names={names} />{below.length > 0 && <Effects effects={below} names={names} />}</li>)}
  </ul>
);

/** `known`: names of what is gone, which the room that shows this has from elsewhere. */
export const WhyTree = ({ eventId, known }: { eventId: string; known?: Names }) => {
  const why = useResource<WhyAnswer>(`/api/history/why/${eventId}`);
  const answer = why.data.value;
  const own = useNames(answer ? [answer.event, ...answer.causes, ...allIn(answer.effects)] : []);
  const names: Names = { server: (id) => own.server(id) ?? known?.server(id), job: (id) => own.job(id) ?? known?.job(id), person: (id) => own.person(id) };
  if (!answer) return why.problem.value ? <ProblemNote problem={why.problem.value} onRetry={() => void why.refresh()} /> : <p class="loading"><Slice turning /></p>;
  const { event, causes, effects, command, hidden, isCut } = answer;
  return (
    <div class="why">
      <h3>{t.causes}</h3>
      <p class="fine">{t.began(actorOf({ ...event, actor: command.actor }, names))}</p>
      {causes.length === 0 ? <p class="fine">{t.noCauses}</p> : <ol class="why-chain">{causes.toReversed().map((cause) => <li key={cause.id}><One fact={cause} names={names} /></li>)}</ol>}
      {hidden.causes > 0 && <p class="fine">{t.hidden(hidden.causes)}</p>}
      <One fact={event} names={names} isThis />
      <h3>{t.effects}</h3>
      {effects.length === 0 ? <p class="fine">{t.noEffects}</p> : <Effects effects={effects} names={names} />}
      {hidden.effects > 0 && <p class="fine">{t.hidden(hidden.effects)}</p>}
      {isCut && <p class="fine">{t.cut}</p>}
    </div>
  );
};
