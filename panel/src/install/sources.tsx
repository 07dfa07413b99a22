/** The git repositories that apps come from: what is in use of each, and why not what is newer. Not there where nobody named one. */
import type { InstallerSource, Page as PageOf } from '../api/types.ts';
import { post } from '../api/client.ts';
import { useResource } from '../live/resource.ts';
import { isAdministrator } from '../session/rights.ts';
import { useAction } from '../ui/action.ts';
import { Ago } from '../ui/ago.tsx';
import { Badge, type Tone } from '../ui/badge.tsx';
import { Icon } from '../ui/icon.tsx';
import { Panel } from '../ui/page.tsx';
import { ProblemNote } from '../ui/problem-note.tsx';
import { installWords as w } from './words.ts';

const TONES: Record<InstallerSource['state'], Tone> = { waiting: 'quiet', fetching: 'busy', ready: 'good', failing: 'bad' };

const Row = ({ source, onFetched }: { source: InstallerSource; onFetched: () => Promise<void> }) => {
  const fetching = useAction();
  const fetchNow = () => fetching.run(async () => {
    await post(`/api/installers/sources/${source.name}/fetch`);
    await onFetched();
  });
  return (
    <li class="row">
      <span class="row-mark"><Icon name="external" /></span>
      <div class="row-text">
        <p><strong>{source.name}</strong> <Badge tone={TONES[source.state]}>{w.sourceState[source.state]}</Badge></p>
        <p class="fine">{source.commit && source.since ? <>{w.commit} <span class="mono" title={source.commit}>{source.commit.slice(0, 12)}</span>, <Ago at={source.since} /></> : w.noCommit} · <span class="mono">{source.url} {source.ref}</span></p>
        {source.reason !== null && <p class="card-obstacle"><Icon name="warning" /><span>{source.reason}</span></p>}
        <ProblemNote problem={fetching.problem.value} />
      </div>
      {isAdministrator() && <button type="button" class="small" disabled={fetching.isBusy.value} aria-label={w.fetchOf(source.name)} onClick={() => void fetchNow()}>{w.fetchNow}</button>}
    </li>
  );
};

export const Sources = ({ onChanged }: { onChanged: () => Promise<void> }) => {
  const sources = useResource<PageOf<InstallerSource>>('/api/installers/sources', { everyMs: 30_000 });
  const items = sources.data.value?.items ?? [];
  if (items.length === 0) return null;
  const onFetched = async (): Promise<void> => {
    await sources.refresh();
    await onChanged();
  };
  return <Panel title={w.sources}><ul class="rows">{items.map((source) => <Row key={source.name} source={source} onFetched={onFetched} />)}</ul></Panel>;
};
