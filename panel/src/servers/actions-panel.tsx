/** The machine: whether it is on, what is being done with it, and what can be done. */
import type { ActionRecord } from '@citrus/contracts';
import { useSignal } from '@preact/signals';
import { newKey, post, remove } from '../api/client.ts';
import type { LiveServer, Page } from '../api/types.ts';
import { useResource } from '../live/resource.ts';
import { may } from '../session/rights.ts';
import { strings } from '../strings.ts';
import { busy, useAction } from '../ui/action.ts';
import { Ago } from '../ui/ago.tsx';
import { Badge } from '../ui/badge.tsx';
import { Confirm } from '../ui/confirm.tsx';
import { Field } from '../ui/field.tsx';
import { Panel } from '../ui/page.tsx';
import { ProblemNote } from '../ui/problem-note.tsx';
import { canAct, needsConfirmation, powerChoices, runningText, subjectOf, toneOf, type PowerType } from './actions.ts';
import { SIZES } from './server-choices.ts';

const t = strings.actions;
type Props = { server: LiveServer; onDone: () => Promise<void> };

const act = (server: LiveServer, body: object) => post(`/api/servers/${server.id}/actions`, body, newKey());

const Power = ({ server, onDone }: Props) => {
  const acting = useAction();
  const asking = useSignal<PowerType | undefined>(undefined);
  const send = async (type: PowerType): Promise<void> => {
    await act(server, { type });
    await onDone();
  };
  return (
    <>
      <div class="actions panel-actions">
        {powerChoices(server).map((type) => (
          <button key={type} type="button" disabled={server.action !== null} {...busy(acting.isBusy.value)} onClick={() => { if (needsConfirmation(type)) asking.value = type; else void acting.run(() => send(type)); }}>{t.power[type]}</button>
        ))}
      </div>
      <ProblemNote problem={acting.problem.value} />
      {asking.value && <Confirm title={t.confirmTitle(t.power[asking.value], server.name)} submit={t.power[asking.value]} onConfirm={() => send(asking.value ?? 'power-off')} onClose={() => { asking.value = undefined; }}><p>{t.unsaved}</p></Confirm>}
    </>
  );
};

const ResizeDialog = ({ server, onDone, onClose }: Props & { onClose: () => void }) => {
  const [size, withDisk] = [useSignal(server.size), useSignal(false)];
  const resize = async (): Promise<void> => {
    await act(server, { type: 'resize', size: size.value, withDisk: withDisk.value });
    await onDone();
  };
  return (
    <Confirm title={t.resizeTitle(server.name)} submit={t.resize} onConfirm={resize} onClose={onClose} isDanger={false}>
      <p>{t.resizeMeans}</p>
      <Field id="resize-size" label={strings.server.size}>
        {(control) => (
          <select {...control} value={size.value} onChange={(event) => { size.value = event.currentTarget.value; }}>
            {!SIZES.some(({ value }) => value === server.size) && <option value={server.size}>{server.size}</option>}
            {SIZES.map(({ value, text }) => <option key={value} value={value}>{text}</option>)}
          </select>
        )}
      </Field>
      <label class="tick"><input type="checkbox" checked={withDisk.value} onChange={(event) => { withDisk.value = event.currentTarget.checked; }} />{t.withDisk}</label>
    </Confirm>
  );
};

const RenameDialog = ({ server, onDone, onClose }: Props & { onClose: () => void }) => {
  const name = useSignal(server.name);
  const rename = async (): Promise<void> => {
    await act(server, { type: 'rename', name: name.value.trim() });
    await onDone();
  };
  return (
    <Confirm title={t.renameTitle(server.name)} submit={t.rename} onConfirm={rename} onClose={onClose} isDanger={false}>
      <Field id="rename-name" label={t.newName} help={t.newNameHelp}>
        {(control) => <input {...control} type="text" required maxLength={48} autocomplete="off" spellcheck={false} autocapitalize="none" value={name.value} onInput={(event) => { name.value = event.currentTarget.value; }} />}
      </Field>
    </Confirm>
  );
};

const TagsDialog = ({ server, onDone, onClose }: Props & { onClose: () => void }) => {
  const text = useSignal(server.tags.join(' '));
  const change = async (): Promise<void> => {
    const wanted = text.value.split(/[\s,]+/).filter(Boolean);
    const [add, gone] = [wanted.filter((tag) => !server.tags.includes(tag)), server.tags.filter((tag) => !wanted.includes(tag))];
    if (add.length + gone.length > 0) await act(server, { type: 'tag', add, remove: gone });
    await onDone();
  };
  return (
    <Confirm title={t.tagsTitle(server.name)} submit={t.tagsChange} onConfirm={change} onClose={onClose} isDanger={false}>
      <Field id="server-tags" label={strings.server.tags} help={strings.create.tagsHelp} optional>
        {(control) => <input {...control} type="text" maxLength={1000} autocomplete="off" spellcheck={false} autocapitalize="none" value={text.value} onInput={(event) => { text.value = event.currentTarget.value; }} />}
      </Field>
    </Confirm>
  );
};

const MaintenanceDialog = ({ server, onDone, onClose }: Props & { onClose: () => void }) => {
  const reason = useSignal('');
  const begin = async (): Promise<void> => {
    const why = reason.value.trim();
    await post(`/api/servers/${server.id}/maintenance`, { isOn: true, ...(why !== '' && { reason: why }) });
    await onDone();
  };
  return (
    <Confirm title={t.maintenanceTitle(server.name)} submit={t.maintenanceBegin} onConfirm={begin} onClose={onClose} isDanger={false}>
      <p>{t.maintenanceMeans}</p>
      <Field id="maintenance-reason" label={strings.trust.reason} optional>
        {(control) => <input {...control} type="text" maxLength={200} autocomplete="off" value={reason.value} onInput={(event) => { reason.value = event.currentTarget.value; }} />}
      </Field>
    </Confirm>
  );
};

const Running = ({ server, onDone }: Props) => {
  const cancelling = useAction();
  const { action } = server;
  if (!action) return null;
  const cancel = () => cancelling.run(async () => {
    await remove(`/api/servers/${server.id}/actions/${action.id}`);
    await onDone();
  });
  return (
    <>
      <div class="danger-row">
        <p><Badge tone="busy">{runningText(server) ?? ''}</Badge> {action.note}</p>
        {may('operator') && <button type="button" {...busy(cancelling.isBusy.value)} onClick={() => void cancel()}>{t.cancel}</button>}
      </div>
      <ProblemNote problem={cancelling.problem.value} />
    </>
  );
};

const Maintenance = ({ server, onDone, onBegin }: Props & { onBegin: () => void }) => {
  const ending = useAction();
  const end = () => ending.run(async () => {
    await post(`/api/servers/${server.id}/maintenance`, { isOn: false });
    await onDone();
  });
  if (!server.maintenance) return <button type="button" onClick={onBegin}>{t.maintenanceBegin}</button>;
  return <><button type="button" {...busy(ending.isBusy.value)} onClick={() => void end()}>{t.maintenanceEnd}</button><ProblemNote problem={ending.problem.value} /></>;
};

const Past = ({ server }: { server: LiveServer }) => {
  const resource = useResource<Page<ActionRecord>>(`/api/servers/${server.id}/actions?limit=5`, { touchedBy: ({ stream, type }) => stream === `server-${server.id}` && type.startsWith('Action') });
  const ended = (resource.data.value?.items ?? []).filter(({ endedAt }) => endedAt !== null);
  if (ended.length === 0) return null;
  return (
    <ul class="past-actions" aria-label={t.past}>
      {ended.map((action) => (
        <li key={action.id}><Badge tone={toneOf(action)}>{subjectOf(action)}</Badge> <span class="fine"><Ago at={action.endedAt ?? action.requestedAt} />{action.note !== null && ` · ${action.note}`}</span></li>
      ))}
    </ul>
  );
};

type Asking = 'resize' | 'rename' | 'tags' | 'maintenance';

export const ActionsPanel = ({ server, onDone }: Props) => {
  const asking = useSignal<Asking | undefined>(undefined);
  const ask = (what: Asking) => (): void => { asking.value = what; };
  const close = (): void => { asking.value = undefined; };
  const isThere = canAct(server);
  const dialog = { server, onDone, onClose: close };
  return (
    <Panel title={t.title} aside={server.power && <Badge tone={server.power === 'on' ? 'good' : 'quiet'}>{server.power === 'on' ? t.isOn : t.isOff}</Badge>}>
      <div role="status" aria-label={t.statusLabel}>
        {server.maintenance && <p class="panel-text"><Badge tone="warn">{t.inMaintenance}</Badge> {server.maintenance.reason}</p>}
        <Running server={server} onDone={onDone} />
      </div>
      {may('operator') && isThere && <Power server={server} onDone={onDone} />}
      {may('operator') && (
        <div class="actions panel-actions">
          {isThere && <button type="button" disabled={server.action !== null} onClick={ask('resize')}>{t.resize}</button>}
          {(isThere || server.provider === 'none') && <button type="button" disabled={server.action !== null} onClick={ask('rename')}>{t.rename}</button>}
          {(isThere || server.provider === 'none') && <button type="button" disabled={server.action !== null} onClick={ask('tags')}>{t.tags}</button>}
          <Maintenance server={server} onDone={onDone} onBegin={ask('maintenance')} />
        </div>
      )}
      {server.provider === 'none' && <p class="panel-text fine">{t.noCloud}</p>}
      <Past server={server} />
      {asking.value === 'resize' && <ResizeDialog {...dialog} />}
      {asking.value === 'rename' && <RenameDialog {...dialog} />}
      {asking.value === 'tags' && <TagsDialog {...dialog} />}
      {asking.value === 'maintenance' && <MaintenanceDialog {...dialog} />}
    </Panel>
  );
};
