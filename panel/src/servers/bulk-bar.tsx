/** What can be done with the servers that are selected; it stays in sight while there are any. */
import { useSignal } from '@preact/signals';
import type { ComponentType } from 'preact';
import { useLocation } from 'wouter-preact';
import type { LiveServer } from '../api/types.ts';
import { may } from '../session/rights.ts';
import { Icon } from '../ui/icon.tsx';
import { lazyPart } from '../ui/lazy.tsx';
import type { BulkProps } from './bulk-dialog.tsx';
import { filterOfNames } from './fleet-filter.ts';
import { fleetWords } from './fleet-words.ts';

const t = fleetWords.bulk;
type BulkName = 'BulkPower' | 'BulkPing' | 'BulkLabels' | 'BulkMaintenance' | 'BulkProtection' | 'BulkDelete';
type What = 'power' | 'ping' | 'labels' | 'maintenance' | 'protection' | 'remove';
const part = (name: BulkName) => lazyPart<BulkProps>(async () => (await import('./bulk-actions.tsx'))[name]);
const DIALOGS: Record<What, ComponentType<BulkProps>> = {
  power: part('BulkPower'), ping: part('BulkPing'), labels: part('BulkLabels'), maintenance: part('BulkMaintenance'), protection: part('BulkProtection'), remove: part('BulkDelete'),
};
const DOINGS: readonly What[] = ['power', 'ping', 'labels', 'maintenance', 'protection', 'remove'];
const isOpenTo = (what: What): boolean => may(what === 'protection' ? 'admin' : 'operator');

type Props = {
  readonly servers: readonly LiveServer[];
  /** That means all of them, when they are all that the table shows. */
  readonly filter: string | undefined;
  readonly onNone: () => void;
};

export const BulkBar = ({ servers, filter, onNone }: Props) => {
  const [, goTo] = useLocation();
  const asking = useSignal<What | undefined>(undefined);
  const named = filter ?? filterOfNames(servers.map(({ name }) => name));
  const Dialog = asking.value && DIALOGS[asking.value];
  return (
    <section class="bulk-bar" aria-label={t.title}>
      <p><span role="status">{t.selected(servers.length)}</span> <button type="button" class="small plain" onClick={onNone}>{t.none}</button></p>
      <div class="actions">
        <button type="button" class="small primary" disabled={named === undefined} aria-describedby={named === undefined ? 'bulk-too-many' : undefined} onClick={() => goTo(`/runs/new?on=${encodeURIComponent(named ?? '')}`)}><Icon name="plus" />{t.install}</button>
        {DOINGS.filter(isOpenTo).map((what) => <button key={what} type="button" class={what === 'remove' ? 'small danger' : 'small'} onClick={() => { asking.value = what; }}>{t[what]}</button>)}
      </div>
      {named === undefined && <p class="fine" id="bulk-too-many">{t.tooMany}</p>}
      {Dialog && <Dialog servers={servers} onClose={() => { asking.value = undefined; }} />}
    </section>
  );
};
