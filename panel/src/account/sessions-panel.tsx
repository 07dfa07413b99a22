import type { SignedInSession } from '@citrus/contracts';
import { useSignal } from '@preact/signals';
import { remove } from '../api/client.ts';
import type { Page } from '../api/types.ts';
import { useResource } from '../live/resource.ts';
import { me } from '../session/me.ts';
import { strings } from '../strings.ts';
import { busy, useAction } from '../ui/action.ts';
import { Ago } from '../ui/ago.tsx';
import { Badge } from '../ui/badge.tsx';
import { Confirm } from '../ui/confirm.tsx';
import { Panel } from '../ui/page.tsx';
import { ProblemNote } from '../ui/problem-note.tsx';

const t = strings.account;
/** The ones used last; whoever signs in often need not scroll past the others. */
const AT_FIRST = 5;

const Session = ({ session, onEnd, isBusy }: { session: SignedInSession; onEnd: () => void; isBusy: boolean }) => (
  <li class="row">
    <div class="row-text">
      <p><span class="mono">{session.address ?? t.unknownAddress}</span> {session.isCurrent && <Badge tone="good">{t.thisOne}</Badge>}</p>
      <p class="fine">{t.signedIn} <Ago at={session.startedAt} /> · {t.lastUsed} <Ago at={session.lastUsedAt} /></p>
    </div>
    {!session.isCurrent && <button type="button" class="small plain" {...busy(isBusy)} aria-label={t.endAt(session.address ?? t.unknownAddress)} onClick={onEnd}>{t.end}</button>}
  </li>
);

export const SessionsPanel = () => {
  const sessions = useResource<Pick<Page<SignedInSession>, 'items'>>('/api/auth/sessions', { everyMs: 60_000 });
  const ending = useAction();
  const [isAsking, isWhole] = [useSignal(false), useSignal(false)];
  const all = sessions.data.value?.items ?? [];
  const shown = isWhole.value ? all : all.slice(0, AT_FIRST);
  const end = ({ id }: SignedInSession): Promise<void> => ending.run(async () => {
    await remove(`/api/auth/sessions/${id}`);
    await sessions.refresh();
  });
  const endAll = async (): Promise<void> => {
    await remove('/api/auth/sessions');
    me.value = null;
  };
  return (
    <Panel title={t.sessions} aside={<button type="button" class="small danger" onClick={() => { isAsking.value = true; }}>{t.endAll}</button>}>
      <ProblemNote problem={ending.problem.value ?? (sessions.data.value ? undefined : sessions.problem.value)} />
      <ul class="rows">{shown.map((session) => <Session key={session.id} session={session} isBusy={ending.isBusy.value} onEnd={() => void end(session)} />)}</ul>
      {shown.length < all.length && <p class="center more-row"><button type="button" class="small" onClick={() => { isWhole.value = true; }}>{t.allSessions(all.length)}</button></p>}
      {isAsking.value && <Confirm title={t.endAllTitle} submit={t.endAll} onConfirm={endAll} onClose={() => { isAsking.value = false; }}><p>{t.endAllMeans}</p></Confirm>}
    </Panel>
  );
};
