/** What marks the past as the past, and the way back from it. */
import { Ago } from '../ui/ago.tsx';
import { Icon } from '../ui/icon.tsx';
import { formatExact } from '../ui/time.ts';
import { words as t } from './words.ts';

export const AsOf = ({ at, onBack }: { at: string | undefined; onBack: () => void }) => (
  <div class={at === undefined ? 'as-of present' : 'as-of'} role="status">
    <Icon name={at === undefined ? 'check' : 'clock'} />
    {at === undefined ? <p>{t.atPresent}</p> : <p><strong>{t.asOf(formatExact(at))}</strong>, <Ago at={at} />. {t.asOfHint}</p>}
    {at !== undefined && <button type="button" class="small" onClick={onBack}>{t.back}</button>}
  </div>
);
