/** One event, to be shown to somebody else: what, when, who, why, and how things stood right after it. */
import { Link } from 'wouter-preact';
import { isUnknown } from '../api/problem.ts';
import type { Fact } from '../api/types.ts';
import { useResource } from '../live/resource.ts';
import { strings } from '../strings.ts';
import { Ago } from '../ui/ago.tsx';
import { Slice } from '../ui/icon.tsx';
import { Page, Panel } from '../ui/page.tsx';
import { ProblemNote } from '../ui/problem-note.tsx';
import { formatExact } from '../ui/time.ts';
import { plainText, sentenceOf } from './sentences.ts';
import { Sentence, Who } from './timeline.tsx';
import { useNames } from './use-names.ts';
import { WhyTree } from './why.tsx';
import { words as t } from './words.ts';

const TO_EVENTS = { text: strings.events.title, href: '/events' };

const serverOf = ({ stream, data }: Fact): string | undefined => {
  if (typeof data['serverId'] === 'string') return data['serverId'];
  return stream.startsWith('server-') ? stream.slice('server-'.length) : undefined;
};

/** History knows what a server was called that is in no list any more. */
const useServerName = (serverId: string | undefined): string | undefined =>
  useResource<{ items: { state: { name: string } }[] }>(serverId && `/api/history/state?of=server&id=${encodeURIComponent(serverId)}`).data.value?.items[0]?.state.name;

const Found = ({ fact }: { fact: Fact }) => {
  const serverId = serverOf(fact);
  const name = useServerName(serverId);
  const names = useNames([fact], serverId && name ? { id: serverId, name } : undefined);
  /** Where one sees what it was about as it stood then. */
  const then = serverId && `/servers/${serverId}/history?at=${fact.at}`;
  return (
    <Page title={plainText(sentenceOf(fact, names).parts)} crumbs={[TO_EVENTS]} actions={then && <Link href={then} className="button">{t.asItWas}</Link>}>
      <div class="columns">
        <div class="column">
          <Panel title={t.why}><div class="panel-pad"><WhyTree eventId={fact.id} known={names} /></div></Panel>
        </div>
        <div class="column side">
          <Panel title={t.thisEvent}>
            <dl class="facts">
              <div><dt>{t.what}</dt><dd><Sentence fact={fact} names={names} /></dd></div>
              <div><dt>{t.when}</dt><dd>{formatExact(fact.at)} <span class="fine"><Ago at={fact.at} /></span></dd></div>
              <div><dt>{t.who}</dt><dd><Who fact={fact} names={names} /></dd></div>
              <div><dt>{t.place}</dt><dd class="mono">{fact.service}:{fact.position}</dd></div>
              <div><dt>{t.stream}</dt><dd class="mono">{fact.stream}</dd></div>
            </dl>
            <details class="raw"><summary class="fine">{t.data}</summary><pre tabIndex={0} aria-label={strings.events.raw}>{JSON.stringify(fact, null, 2)}</pre></details>
          </Panel>
        </div>
      </div>
    </Page>
  );
};

export const EventRoom = ({ eventId }: { eventId: string }) => {
  const event = useResource<Fact>(`/api/events/by-id/${encodeURIComponent(eventId)}`);
  const problem = event.problem.value;
  if (event.data.value && !isUnknown(problem)) return <Found fact={event.data.value} />;
  return (
    <Page title={isUnknown(problem) ? t.unknown : strings.shell.loading} crumbs={[TO_EVENTS]}>
      {problem ? <ProblemNote problem={problem} onRetry={() => void event.refresh()} /> : <p class="loading"><Slice turning /></p>}
    </Page>
  );
};
