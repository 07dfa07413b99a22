/** The program of this server's agent, bringing it up to date, and what people call it. */
import type { Agent } from '@citrus/contracts';
import { useSignal } from '@preact/signals';
import { post } from '../api/client.ts';
import type { LiveServer } from '../api/types.ts';
import { may } from '../session/rights.ts';
import { strings } from '../strings.ts';
import { busy, useAction } from '../ui/action.ts';
import { Ago } from '../ui/ago.tsx';
import { Badge, type Tone } from '../ui/badge.tsx';
import { Confirm } from '../ui/confirm.tsx';
import { Panel } from '../ui/page.tsx';
import { ProblemNote } from '../ui/problem-note.tsx';
import { useAgents } from './machine.ts';

const t = strings.agent;
const TONES: Record<Agent['update'], Tone> = { none: 'good', available: 'warn', 'by-hand': 'warn', unknown: 'quiet' };
const isOpen = ({ upgrade }: Agent): boolean => upgrade?.status === 'waiting' || upgrade?.status === 'begun';

const Result = ({ upgrade }: { upgrade: NonNullable<Agent['upgrade']> }) => (
  <p class={upgrade.status === 'failed' ? 'note bad panel-note' : 'fine'} role="status">
    {upgrade.isReverted ? t.reverted(upgrade.version) : t.upgrade[upgrade.status](upgrade.version)}{upgrade.reason === null ? '' : `: ${upgrade.reason}`} <Ago at={upgrade.at} />
  </p>
);

const labelText = ([key, value]: [string, string]): string => (value === '' ? key : `${key}=${value}`);

const Labels = ({ agent, onDone }: { agent: Agent; onDone: () => Promise<void> }) => {
  const saving = useAction();
  const text = useSignal('');
  const change = (body: object): void => {
    void saving.run(async () => {
      await post('/api/agents/labels', { serverId: agent.serverId, ...body });
      text.value = '';
      await onDone();
    });
  };
  const add = (event: Event): void => {
    event.preventDefault();
    const [key = '', ...value] = text.value.trim().split('=');
    change({ set: { [key]: value.join('=') } });
  };
  return (
    <>
      <ul class="chips" aria-label={t.labels}>
        {Object.entries(agent.labels).map((label) => (
          <li key={label[0]} class="chip">{labelText(label)}{may('operator') && <button type="button" class="plain" aria-label={t.removeLabel(labelText(label))} onClick={() => change({ remove: [label[0]] })}>✕</button>}</li>
        ))}
      </ul>
      {may('operator') && (
        <form class="row" onSubmit={add}>
          <input type="text" required maxLength={127} autocomplete="off" aria-label={t.newLabel} placeholder={t.labelExample} value={text.value} onInput={(event) => { text.value = event.currentTarget.value; }} />
          <button type="submit" {...busy(saving.isBusy.value)}>{t.addLabel}</button>
        </form>
      )}
      <ProblemNote problem={saving.problem.value} />
    </>
  );
};

export const AgentPanel = ({ server }: { server: LiveServer }) => {
  const resource = useAgents(server.id);
  const isAsking = useSignal(false);
  const agent = resource.data.value?.items[0];
  if (!agent?.facts) return null;
  const upgrade = async (): Promise<void> => {
    await post('/api/agents/upgrade', { filter: `id:${server.id}` });
    await resource.refresh();
  };
  return (
    <Panel title={t.title} aside={<Badge tone={TONES[agent.update]}>{t.update[agent.update]}</Badge>}>
      <dl class="facts">
        <div><dt>{t.version}</dt><dd>{agent.facts.agentVersion}</dd></div>
        <div><dt>{t.runtime}</dt><dd>Node {agent.facts.nodeVersion}</dd></div>
      </dl>
      {agent.upgrade && <Result upgrade={agent.upgrade} />}
      {agent.update === 'by-hand' && <p class="fine">{t.byHand}</p>}
      {agent.update === 'available' && !isOpen(agent) && may('admin') && <button type="button" onClick={() => { isAsking.value = true; }}>{t.begin}</button>}
      <Labels agent={agent} onDone={resource.refresh} />
      {isAsking.value && <Confirm title={t.beginTitle(server.name)} submit={t.begin} onConfirm={upgrade} onClose={() => { isAsking.value = false; }}><p>{t.means}</p></Confirm>}
    </Panel>
  );
};
