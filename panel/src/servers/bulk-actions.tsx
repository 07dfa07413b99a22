/** What can be done to several servers, each with its questions. Each server is asked for by itself, with a key of its own. */
import type { AgentsPinged } from '@citrus/contracts';
import { useSignal, type Signal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { newKey, post, remove } from '../api/client.ts';
import type { LiveServer } from '../api/types.ts';
import { strings } from '../strings.ts';
import { Field } from '../ui/field.tsx';
import type { PowerType } from './actions.ts';
import { BulkDialog, type BulkProps } from './bulk-dialog.tsx';
import { filterOfNames } from './fleet-filter.ts';
import { fleetWords } from './fleet-words.ts';

const t = fleetWords.bulk;
const POWER: readonly PowerType[] = ['reboot', 'shutdown', 'power-off', 'power-on', 'power-cycle'];
const PING_MS = 2000;

/** The same server once more is the same wish: the hub does it once. */
const useKeys = () => {
  const keys = useRef(new Map<string, string>());
  return (about: string): string => {
    const key = keys.current.get(about) ?? newKey();
    keys.current.set(about, key);
    return key;
  };
};

const Choice = <Value extends string>({ legend, value, choices }: { legend: string; value: Signal<Value>; choices: readonly (readonly [Value, string])[] }) => (
  <fieldset class="choices inline">
    <legend>{legend}</legend>
    {choices.map(([each, text]) => <label key={each} class="choice"><input type="radio" name={legend} checked={value.value === each} onChange={() => { value.value = each; }} />{text}</label>)}
  </fieldset>
);

const Text = ({ id, label, help, value, optional = false, maxLength = 200 }: { id: string; label: string; help?: string; value: Signal<string>; optional?: boolean; maxLength?: number }) => (
  <Field id={id} label={label} help={help} optional={optional}>
    {(control) => <input {...control} type="text" maxLength={maxLength} autocomplete="off" spellcheck={false} autocapitalize="none" value={value.value} onInput={(event) => { value.value = event.currentTarget.value; }} />}
  </Field>
);

export const BulkPower = (props: BulkProps) => {
  const [type, keyOf] = [useSignal<PowerType>('reboot'), useKeys()];
  const work = async ({ id }: LiveServer): Promise<undefined> => void (await post(`/api/servers/${id}/actions`, { type: type.value }, keyOf(`${id} ${type.value}`)));
  return (
    <BulkDialog {...props} doing={{ kind: 'power', type: type.value }} title={t.powerTitle} submit={strings.actions.power[type.value]} isDanger={type.value === 'power-off' || type.value === 'power-cycle'} work={work}>
      <Choice legend={t.powerWhich} value={type} choices={POWER.map((each) => [each, strings.actions.power[each]] as const)} />
      {(type.value === 'power-off' || type.value === 'power-cycle') && <p class="fine">{strings.actions.unsaved}</p>}
    </BulkDialog>
  );
};

export const BulkMaintenance = (props: BulkProps) => {
  const [which, reason] = [useSignal<'begin' | 'end'>('begin'), useSignal('')];
  const isOn = which.value === 'begin';
  const work = async ({ id }: LiveServer): Promise<undefined> => void (await post(`/api/servers/${id}/maintenance`, { isOn, ...(isOn && reason.value.trim() !== '' && { reason: reason.value.trim() }) }));
  return (
    <BulkDialog {...props} doing={{ kind: 'maintenance', isOn }} title={t.maintenanceTitle} submit={isOn ? t.begin : t.end} work={work}>
      <Choice legend={t.which} value={which} choices={[['begin', t.begin], ['end', t.end]]} />
      {isOn && <Text id="bulk-reason" label={t.reason} value={reason} optional />}
    </BulkDialog>
  );
};

export const BulkProtection = (props: BulkProps) => {
  const which = useSignal<'protect' | 'unprotect'>('protect');
  const isProtected = which.value === 'protect';
  const work = async ({ id }: LiveServer): Promise<undefined> => void (await post(`/api/servers/${id}/protection`, { isProtected }));
  return (
    <BulkDialog {...props} doing={{ kind: 'protection', isProtected }} title={t.protectionTitle} submit={t[which.value]} work={work}>
      <Choice legend={t.which} value={which} choices={[['protect', t.protect], ['unprotect', t.unprotect]]} />
    </BulkDialog>
  );
};

export const BulkLabels = (props: BulkProps) => {
  const [add, off] = [useSignal(''), useSignal('')];
  const wanted = () => {
    const [key = '', ...value] = add.value.trim().split('=');
    return { ...(key !== '' && { set: { [key]: value.join('=') } }), ...(off.value.trim() !== '' && { remove: [off.value.trim()] }) };
  };
  const fault = (): string | undefined => (Object.keys(wanted()).length === 0 ? t.labelNeeded : undefined);
  const work = async ({ id }: LiveServer): Promise<undefined> => void (await post('/api/agents/labels', { serverId: id, ...wanted() }));
  return (
    <BulkDialog {...props} doing={{ kind: 'labels' }} title={t.labelsTitle} submit={t.labels} fault={fault} work={work}>
      <Text id="bulk-add-label" label={t.addLabel} help={t.addHelp} value={add} maxLength={127} optional />
      <Text id="bulk-remove-label" label={t.removeLabel} help={t.removeHelp} value={off} maxLength={63} optional />
    </BulkDialog>
  );
};

export const BulkPing = (props: BulkProps) => {
  const work = async ({ id, name }: LiveServer): Promise<string> => {
    const { answers, unanswered } = await post<AgentsPinged>('/api/agents/ping', { filter: filterOfNames([name]), waitMs: PING_MS });
    const answer = answers.find(({ serverId }) => serverId === id);
    if (answer) return t.answered(answer.roundTripMs);
    throw new Error(t.unanswered[unanswered.find(({ serverId }) => serverId === id)?.because ?? 'silent']);
  };
  return <BulkDialog {...props} doing={{ kind: 'ping' }} title={t.pingTitle} submit={t.ping} work={work}><p class="fine">{t.pingMeans}</p></BulkDialog>;
};

export const BulkDelete = (props: BulkProps) => {
  const [typed, meant] = [useSignal(''), useRef(0)];
  const fault = (): string | undefined => (typed.value.trim() === String(meant.current) ? undefined : t.typeCountHelp(meant.current));
  const work = async ({ id }: LiveServer): Promise<undefined> => void (await remove(`/api/servers/${id}`));
  const count = (servers: number) => {
    meant.current = servers;
    return servers > 0 && <Text id="bulk-count" label={t.typeCount} help={t.typeCountHelp(servers)} value={typed} maxLength={6} />;
  };
  return <BulkDialog {...props} doing={{ kind: 'delete' }} title={t.removeTitle} submit={t.remove} isDanger fault={fault} work={work} count={count}><p>{t.removeMeans}</p></BulkDialog>;
};
