/** A range over events: every step is one of them, so that a key press always leads to another state. The last step is now. */
import { sentenceOf, plainText, type Names } from '../events/sentences.ts';
import type { Fact } from '../api/types.ts';
import { busy } from '../ui/action.ts';
import { Ago } from '../ui/ago.tsx';
import { Icon } from '../ui/icon.tsx';
import { ProblemNote } from '../ui/problem-note.tsx';
import { formatDay, formatExact } from '../ui/time.ts';
import { afterKey, dayBreaks, marksOf, type Stop } from './stops.ts';
import type { Looking } from './use-moment.ts';
import type { Stops } from './use-stops.ts';
import { words as t } from './words.ts';

const MOST_MARKS = 160;
/** Not by colour alone: what went wrong stands highest. */
const HEIGHTS = { quiet: 5, busy: 7, good: 9, warn: 12, bad: 15 } as const;

const toneOf = (fact: Fact) => sentenceOf(fact, { server: () => undefined, job: () => undefined, person: () => undefined }).tone;

const Marks = ({ stops }: { stops: readonly Stop[] }) => {
  const marks = marksOf(stops, toneOf, MOST_MARKS);
  return (
    <svg class="time-marks" viewBox={`0 0 ${stops.length} 16`} preserveAspectRatio="none" aria-hidden="true">
      {dayBreaks(stops).map((at) => <line key={`day ${at}`} class="day" x1={at - 0.5} x2={at - 0.5} y1={0} y2={16} />)}
      {marks.map(({ from, to, tone }) => <line key={from} class={tone} x1={(from + to) / 2} x2={(from + to) / 2} y1={16 - HEIGHTS[tone]} y2={16} />)}
    </svg>
  );
};

/** What happened at a stop, in a line. */
const told = (stop: Stop | undefined, names: Names): string => {
  const [first, ...rest] = stop?.facts.toReversed() ?? [];
  if (!first) return '';
  return `${plainText(sentenceOf(first, names).parts)}${rest.length > 0 ? ` (${t.more(rest.length)})` : ''}`;
};

/** For `datetime-local`, which knows no time zone. */
const localValue = (at: string): string => {
  const date = new Date(at);
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
};

type SliderProps = { stops: readonly Stop[]; looking: Looking; names: Names; earlier: Stops['earlier'] };

export const Slider = ({ stops, looking, names, earlier }: SliderProps) => {
  const { index, at, moveTo, lookAt } = looking;
  const last = stops.length;
  const stop = stops[index];
  const when = stop?.at ?? (index === last ? undefined : at);
  const sentence = told(stop, names);
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const to = afterKey(event.key, index, last);
    if (to === undefined) return;
    event.preventDefault();
    moveTo(to);
  };
  const choose = (text: string): void => {
    const chosen = new Date(text);
    if (!Number.isNaN(chosen.getTime())) lookAt(chosen.getTime() >= Date.now() ? undefined : chosen.toISOString());
  };
  return (
    <section class="panel time" aria-label={t.slider}>
      <div class="time-head">
        <p class="time-when">
          <strong>{when === undefined ? t.now : formatExact(when)}</strong>{when !== undefined && <span class="fine"> <Ago at={when} /></span>}
          <span class="time-what">{index < 0 ? t.before : sentence === '' ? t.hint : sentence}</span>
        </p>
        <div class="actions">
          <button type="button" class="small icon-only" aria-label={t.previous} disabled={index <= 0} onClick={() => moveTo(index - 1)}><Icon name="back" /></button>
          <button type="button" class="small icon-only" aria-label={t.next} disabled={index >= last} onClick={() => moveTo(index + 1)}><Icon name="chevron" /></button>
          <input class="filter" type="datetime-local" step="1" aria-label={t.goTo} value={when === undefined ? '' : localValue(when)} max={localValue(new Date().toISOString())} onChange={(event) => choose(event.currentTarget.value)} />
        </div>
      </div>
      <div class="time-track">
        <Marks stops={stops} />
        <input
          type="range" min={0} max={last} step={1} value={Math.max(0, index)} aria-label={t.slider}
          aria-valuetext={when === undefined ? t.atNow(last) : t.place(index + 1, last, formatExact(when), sentence)}
          onInput={(event) => moveTo(Number(event.currentTarget.value))} onKeyDown={onKeyDown}
        />
      </div>
      <p class="time-ends fine">
        <span>{stops[0] && formatDay(stops[0].at)} {earlier.isThere && <button type="button" class="plain small inline" {...busy(earlier.isBusy)} onClick={earlier.load}>{t.earlier}</button>}</span>
        <span>{t.now}</span>
      </p>
      <ProblemNote problem={earlier.problem} />
    </section>
  );
};
