/** When a schedule is due: a cron line, read back in words by whoever keeps it, with the next times in its own time zone. */
import type { SchedulePreview } from '@citrus/contracts';
import { useSignal, type Signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { post } from '../api/client.ts';
import { asProblem, type ApiProblem, type FieldProblem } from '../api/problem.ts';
import { Field } from '../ui/field.tsx';
import { words as t } from './words.ts';

export type Times = { readonly name: Signal<string>; readonly cron: Signal<string>; readonly timeZone: Signal<string> };
const AFTER_TYPING_MS = 350;
/** With the zone that was asked for: meanwhile another one may have been typed. */
type Preview = SchedulePreview & { readonly zone: string };

const usePreview = ({ cron, timeZone }: Times) => {
  const [preview, problem] = [useSignal<Preview | undefined>(undefined), useSignal<ApiProblem | undefined>(undefined)];
  const asked = `${cron.value}\n${timeZone.value}`;
  useEffect(() => {
    let isLate = false;
    const ask = async (): Promise<void> => {
      const zone = timeZone.value.trim();
      try {
        const answer = await post<SchedulePreview>('/api/schedules/preview', { cron: cron.value.trim(), timeZone: zone });
        if (!isLate) [preview.value, problem.value] = [{ ...answer, zone }, undefined];
      } catch (thrown) {
        if (!isLate) [preview.value, problem.value] = [undefined, asProblem(thrown)];
      }
    };
    const timer = setTimeout(() => void ask(), AFTER_TYPING_MS);
    return () => {
      isLate = true;
      clearTimeout(timer);
    };
  }, [asked]);
  return { preview: preview.value, problem: problem.value };
};

const zones = (): readonly string[] => ['UTC', ...Intl.supportedValuesOf('timeZone')];
export const ownZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';

/** The hub knew this zone; a browser of another year may not. */
const timeIn = (instant: string, timeZone: string): string => {
  try {
    return new Intl.DateTimeFormat('en-GB', { weekday: 'short', day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit', timeZone }).format(new Date(instant));
  } catch {
    return instant;
  }
};

const Reading = ({ preview }: { preview: Preview }) => (
  <div class="cron-reading" role="status">
    <p><strong>{preview.reading}</strong> <span class="fine">{t.inZone(preview.zone)}</span></p>
    {preview.next.length === 0 ? <p class="field-problem">{t.never}</p> : (
      <><p class="fine">{t.next}</p><ol class="cron-times">{preview.next.map((instant) => <li key={instant}><time dateTime={instant}>{timeIn(instant, preview.zone)}</time></li>)}</ol></>
    )}
  </div>
);

/** `sent`: what was wrong with it when it was sent. */
export const When = ({ times, sent }: { times: Times; sent: readonly FieldProblem[] }) => {
  const { preview, problem } = usePreview(times);
  const problemAt = (path: string): string | undefined => [...sent, ...(problem?.fields ?? [])].find((each) => each.path === path)?.message;
  const text = (id: keyof Times, { label, help, list }: { label: string; help: string; list?: string }) => (
    <Field id={`schedule-${id}`} label={label} help={help} problem={problemAt(id)}>
      {(control) => <input {...control} type="text" list={list} class={id === 'cron' ? 'mono' : ''} value={times[id].value} autocomplete="off" spellcheck={false} autocapitalize="none" onInput={(event) => { times[id].value = event.currentTarget.value; }} />}
    </Field>
  );
  return (
    <>
      {text('name', { label: t.name, help: t.nameHelp })}
      {text('cron', { label: t.cron, help: t.cronHelp })}
      <div class="actions" role="group" aria-label={t.presets}>
        {Object.entries(t.preset).map(([cron, name]) => <button key={cron} type="button" class="small" aria-pressed={times.cron.value.trim() === cron} onClick={() => { times.cron.value = cron; }}>{name}</button>)}
      </div>
      {text('timeZone', { label: t.timeZone, help: t.timeZoneHelp, list: 'time-zones' })}
      <datalist id="time-zones">{zones().map((zone) => <option key={zone} value={zone} />)}</datalist>
      {preview && <Reading preview={preview} />}
    </>
  );
};
