/** Server groups: so many servers of one kind, kept at a target by themselves. */
import type { ServerGroup } from '@citrus/contracts';
import { useSignal } from '@preact/signals';
import { Link } from 'wouter-preact';
import { post, remove } from '../api/client.ts';
import type { Page as PageOf } from '../api/types.ts';
import { useResource } from '../live/resource.ts';
import { may } from '../session/rights.ts';
import { ServerStatusBadge } from '../servers/server-status.tsx';
import { busy, useAction } from '../ui/action.ts';
import { Badge, type Tone } from '../ui/badge.tsx';
import { Confirm } from '../ui/confirm.tsx';
import { Icon, Slice } from '../ui/icon.tsx';
import { Empty, Page, Panel } from '../ui/page.tsx';
import { ProblemNote } from '../ui/problem-note.tsx';
import { CreateGroup } from './create-group.tsx';
import { words as t } from './words.ts';

type Refresh = () => Promise<void>;

const stateOf = ({ status, isPaused, isStalled }: ServerGroup): [keyof typeof t.state, Tone] => {
  if (status !== 'active') return [status, 'busy'];
  if (isStalled) return ['stalled', 'bad'];
  return isPaused ? ['paused', 'warn'] : ['active', 'good'];
};

const Members = ({ group }: { group: ServerGroup }) => (
  <ul class="rows">
    {group.members.map(({ serverId, name, status, isReleased }) => (
      <li key={serverId} class="row">
        <div class="row-text"><p>{status === null ? name : <Link href={`/servers/${serverId}`}>{name}</Link>} {isReleased && <span class="fine">{t.letGo}</span>}</p></div>
        {status === null ? <span class="fine">{t.askedFor}</span> : <ServerStatusBadge status={status} />}
      </li>
    ))}
  </ul>
);

const Delete = ({ group, onDone, onClose }: { group: ServerGroup; onDone: Refresh; onClose: () => void }) => {
  const keeps = useSignal(false);
  const send = async (): Promise<void> => {
    await remove(`/api/groups/${group.id}?keepsServers=${keeps.value}`);
    await onDone();
  };
  return (
    <Confirm title={t.removeTitle(group.name)} submit={t.remove} onConfirm={send} onClose={onClose}>
      <p>{keeps.value ? t.keepMeans : t.removeMeans}</p>
      <label class="tick"><input type="checkbox" checked={keeps.value} onChange={(event) => { keeps.value = event.currentTarget.checked; }} />{t.keeps}</label>
    </Confirm>
  );
};

const Doings = ({ group, refresh }: { group: ServerGroup; refresh: Refresh }) => {
  const acting = useAction();
  const isDeleting = useSignal(false);
  const act = (verb: string, body?: object) => () => void acting.run(async () => {
    await post(`/api/groups/${group.id}/${verb}`, body);
    await refresh();
  });
  const { target, min, max, name } = group;
  return (
    <>
      <ProblemNote problem={acting.problem.value} />
      <div class="actions panel-actions">
        <button type="button" class="small" aria-label={t.lessOf(name)} disabled={target <= min} {...busy(acting.isBusy.value)} onClick={act('change', { target: target - 1 })}>{t.less}</button>
        <button type="button" class="small" aria-label={t.moreOf(name)} disabled={target >= max} {...busy(acting.isBusy.value)} onClick={act('change', { target: target + 1 })}>{t.more}</button>
        {group.isPaused || group.isStalled
          ? <button type="button" class="small" {...busy(acting.isBusy.value)} onClick={act('resume')}>{t.resume}</button>
          : <button type="button" class="small plain" {...busy(acting.isBusy.value)} onClick={act('pause')}>{t.pause}</button>}
        <button type="button" class="small plain" onClick={() => { isDeleting.value = true; }}>{t.remove}</button>
      </div>
      {isDeleting.value && <Delete group={group} onDone={refresh} onClose={() => { isDeleting.value = false; }} />}
    </>
  );
};

const Group = ({ group, refresh }: { group: ServerGroup; refresh: Refresh }) => {
  const [state, tone] = stateOf(group);
  const { policy, members, target, min, max, load, note } = group;
  const active = members.filter(({ status, isReleased }) => status === 'active' && !isReleased).length;
  return (
    <Panel title={group.name} aside={<Badge tone={tone}>{t.state[state]}</Badge>}>
      <div class="panel-text">
      <p>{t.active(active, target)} <span class="fine">({t.bounds(min, max)})</span></p>
      <p class="fine">{policy ? t.rule(t.metrics[policy.metric], policy.outAbove, policy.inBelow, policy.forMinutes) : t.noRule}</p>
      {load && <p class="fine">{load.note}</p>}
      {note && <p>{note}</p>}
      </div>
      <Members group={group} />
      {may('operator') && group.status === 'active' && <Doings group={group} refresh={refresh} />}
    </Panel>
  );
};

export const GroupsRoom = () => {
  const groups = useResource<PageOf<ServerGroup>>('/api/groups?limit=200', { touchedBy: ({ stream }) => stream.startsWith('group-') || stream.startsWith('server-'), everyMs: 15_000 });
  const isCreating = useSignal(false);
  const all = groups.data.value?.items;
  const create = may('operator') && <button type="button" class="primary" aria-hidden={isCreating.value || undefined} onClick={() => { isCreating.value = true; }}><Icon name="plus" />{t.create}</button>;
  return (
    <Page title={t.title} actions={all?.length !== 0 && create}>
      {!all && (groups.problem.value ? <ProblemNote problem={groups.problem.value} onRetry={() => void groups.refresh()} /> : <p class="loading"><Slice turning /></p>)}
      {all?.length === 0 && <Empty title={t.none}><p>{t.noneHint}</p>{create}</Empty>}
      {all?.map((group) => <Group key={group.id} group={group} refresh={groups.refresh} />)}
      {isCreating.value && <CreateGroup onDone={groups.refresh} onClose={() => { isCreating.value = false; }} />}
    </Page>
  );
};
