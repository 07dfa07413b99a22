/** Before something is done to several servers: to which, to which not and why. Then: what became of each. */
import { useSignal, type ReadonlySignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import type { LiveServer } from '../api/types.ts';
import { strings } from '../strings.ts';
import { busy } from '../ui/action.ts';
import { Badge, type Tone } from '../ui/badge.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Icon } from '../ui/icon.tsx';
import { doToAll, obstacleTo, type Doing, type Result } from './bulk.ts';
import { fleetWords } from './fleet-words.ts';

const t = fleetWords.bulk;
const TONES: Record<Result['state'], Tone> = { waiting: 'quiet', working: 'busy', done: 'good', failed: 'bad' };

const Line = ({ server, result }: { server: LiveServer; result: Result | undefined }) => (
  <li>
    <span class="bulk-name">{server.name}</span>
    {result && <Badge tone={TONES[result.state]}>{t.states[result.state]}</Badge>}
    {result?.text && <span class="fine">{result.text}</span>}
  </li>
);

const Preview = ({ meant, left, results }: { meant: readonly LiveServer[]; left: readonly { server: LiveServer; why: string }[]; results: ReadonlyMap<string, Result> }) => (
  <div class="bulk-preview" role="group" aria-label={meant.length > 0 ? t.meant(meant.length) : t.meantNone} tabIndex={0}>
    <p>{meant.length > 0 ? t.meant(meant.length) : t.meantNone}</p>
    <ul class="bulk-list">{meant.map((server) => <Line key={server.id} server={server} result={results.get(server.id)} />)}</ul>
    {left.length > 0 && <><p class="fine">{t.left(left.length)}</p><ul class="bulk-list">{left.map(({ server, why }) => <li key={server.id}><span class="bulk-name">{server.name}</span> <span class="fine">{why}</span></li>)}</ul></>}
  </div>
);

export type BulkProps = { readonly servers: readonly LiveServer[]; readonly onClose: () => void };
type Props = BulkProps & {
  readonly doing: Doing; readonly title: string; readonly submit: string; readonly isDanger?: boolean;
  /** What is wrong with what was filled in; nothing is begun then. */
  readonly fault?: () => string | undefined;
  /** What to say of a server, or nothing; throws what went wrong. */
  readonly work: (server: LiveServer) => Promise<string | undefined>;
  readonly children?: ComponentChildren;
  /** How many are meant. */
  readonly count?: (meant: number) => ComponentChildren;
};

const useResults = (): { results: ReadonlySignal<ReadonlyMap<string, Result>>; tell: (id: string, result: Result) => void; begin: (ids: readonly string[]) => void } => {
  const results = useSignal<ReadonlyMap<string, Result>>(new Map());
  return {
    results,
    tell: (id, result) => { results.value = new Map(results.value).set(id, result); },
    begin: (ids) => { results.value = new Map<string, Result>([...results.value, ...ids.map((id): [string, Result] => [id, { state: 'waiting' }])]); },
  };
};

export const BulkDialog = ({ servers, doing, title, submit, isDanger = false, fault, work, onClose, children, count }: Props) => {
  // What was chosen when it opened; servers that change meanwhile do not slip in or out of the list.
  const chosen = useSignal(servers).value;
  const [phase, problem] = [useSignal<'asking' | 'working' | 'over'>('asking'), useSignal<string | undefined>(undefined)];
  const { results, tell, begin } = useResults();
  const sorted = useSignal(chosen.map((server) => ({ server, why: obstacleTo(doing, server) })));
  if (phase.value === 'asking') sorted.value = chosen.map((server) => ({ server, why: obstacleTo(doing, server) }));
  const meant = sorted.value.filter(({ why }) => why === undefined).map(({ server }) => server);
  const left = sorted.value.flatMap(({ server, why }) => (why === undefined ? [] : [{ server, why }]));
  const run = async (which: readonly LiveServer[]): Promise<void> => {
    phase.value = 'working';
    begin(which.map(({ id }) => id));
    await doToAll(which, work, ({ id }, result) => tell(id, result));
    phase.value = 'over';
  };
  const send = (event: Event): void => {
    event.preventDefault();
    if (phase.value !== 'asking') return;
    problem.value = fault?.();
    if (problem.value === undefined) void run(meant);
  };
  const failed = meant.filter(({ id }) => results.value.get(id)?.state === 'failed');
  const done = meant.filter(({ id }) => results.value.get(id)?.state === 'done').length;
  return (
    <Dialog title={title} onClose={onClose}>
      <form onSubmit={send}>
        {phase.value === 'asking' && children}
        <Preview meant={meant} left={left} results={results.value} />
        {phase.value === 'asking' && count?.(meant.length)}
        {problem.value && <p class="field-problem" role="alert"><Icon name="warning" />{problem.value}</p>}
        <p role="status" class={phase.value === 'over' ? '' : 'unseen'}>{phase.value === 'over' ? t.result(done, failed.length) : ''}</p>
        <footer class="dialog-foot">
          {phase.value !== 'over' && <button type="button" onClick={onClose}>{phase.value === 'asking' ? strings.dialog.cancel : t.close}</button>}
          {phase.value !== 'over' && <button type="submit" class={isDanger ? 'danger' : 'primary'} disabled={meant.length === 0} {...busy(phase.value === 'working')}>{t.submit(submit, meant.length)}</button>}
          {phase.value === 'over' && failed.length > 0 && <button type="button" onClick={() => void run(failed)}>{t.again}</button>}
          {phase.value === 'over' && <button type="button" class="primary" onClick={onClose}>{t.close}</button>}
        </footer>
      </form>
    </Dialog>
  );
};
