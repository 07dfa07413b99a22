/** Whether this server's agent is trusted, what looked wrong about it, and taking the trust back. */
import type { AgentTrust } from '@citrus/contracts';
import { useSignal } from '@preact/signals';
import { post } from '../api/client.ts';
import type { LiveServer, Page } from '../api/types.ts';
import { useResource } from '../live/resource.ts';
import { may } from '../session/rights.ts';
import { strings } from '../strings.ts';
import { Ago } from '../ui/ago.tsx';
import { Badge, type Tone } from '../ui/badge.tsx';
import { Confirm } from '../ui/confirm.tsx';
import { Field } from '../ui/field.tsx';
import { Icon } from '../ui/icon.tsx';
import { Panel } from '../ui/page.tsx';
import { NewCommand } from './join-server.tsx';

const t = strings.trust;
const TONES: Record<AgentTrust['status'], Tone> = { invited: 'busy', enrolled: 'good', revoked: 'bad', withdrawn: 'quiet' };

const Alert = ({ text, at }: { text: string; at: string }) => (
  <div class="note bad panel-note"><Icon name="warning" /><div><p>{text}</p><p class="fine"><Ago at={at} /></p></div></div>
);

const Revoke = ({ trust, server, onDone, onClose }: { trust: AgentTrust; server: LiveServer; onDone: () => Promise<void>; onClose: () => void }) => {
  const reason = useSignal('');
  const revoke = async (): Promise<void> => {
    await post('/api/agents/revoke', { agentIds: [trust.agentId], reason: reason.value.trim() });
    await onDone();
  };
  return (
    <Confirm title={t.revokeTitle(server.name)} submit={t.revoke} onConfirm={revoke} onClose={onClose}>
      <p>{t.means}</p>
      <Field id="revoke-reason" label={t.reason} help={t.reasonHelp}>
        {(control) => <input {...control} type="text" required maxLength={200} autocomplete="off" value={reason.value} onInput={(event) => { reason.value = event.currentTarget.value; }} />}
      </Field>
    </Confirm>
  );
};

export const AgentTrustPanel = ({ server }: { server: LiveServer }) => {
  const resource = useResource<Page<AgentTrust>>(`/api/agents/trust?serverId=${server.id}`, { touchedBy: ({ stream }) => stream === `enrolment-${server.id}` });
  const isAsking = useSignal(false);
  const trust = resource.data.value?.items[0];
  if (!trust) return null;
  const { status, enrolledAt, revokedAt, revokeReason, refusedAt, cloneSuspectedAt } = trust;
  return (
    <Panel title={t.title} aside={<Badge tone={TONES[status]}>{t.status[status]}</Badge>}>
      {status === 'enrolled' && cloneSuspectedAt && <Alert text={t.clone} at={cloneSuspectedAt} />}
      {refusedAt && <Alert text={t.refused} at={refusedAt} />}
      <dl class="facts">
        <div><dt>{t.id}</dt><dd class="mono">{trust.agentId}</dd></div>
        {enrolledAt && <div><dt>{t.since}</dt><dd><Ago at={enrolledAt} /></dd></div>}
        {revokedAt && <div><dt>{t.revokedAt}</dt><dd><Ago at={revokedAt} /></dd></div>}
        {revokeReason && <div><dt>{t.because}</dt><dd>{revokeReason}</dd></div>}
      </dl>
      {status === 'enrolled' && may('admin') && <div class="danger-row"><p>{t.hint}</p><button type="button" class="danger" onClick={() => { isAsking.value = true; }}>{t.revoke}</button></div>}
      {status === 'revoked' && server.provider === 'none' && server.status === 'active' && may('operator') && <NewCommand serverId={server.id} />}
      {isAsking.value && <Revoke trust={trust} server={server} onDone={resource.refresh} onClose={() => { isAsking.value = false; }} />}
    </Panel>
  );
};
