/** What destroys something: deleting the server, writing its disk anew; and the protection from both. */
import { useSignal } from '@preact/signals';
import { useLocation } from 'wouter-preact';
import { newKey, post, remove } from '../api/client.ts';
import type { LiveServer } from '../api/types.ts';
import { may } from '../session/rights.ts';
import { strings } from '../strings.ts';
import { busy, useAction } from '../ui/action.ts';
import { ShownOnce } from '../ui/copy.tsx';
import { Field } from '../ui/field.tsx';
import { Panel } from '../ui/page.tsx';
import { ProblemNote } from '../ui/problem-note.tsx';
import { canAct } from './actions.ts';
import { IMAGES } from './server-choices.ts';
import { TypedConfirm } from './typed-confirm.tsx';

const t = strings.danger;
const joined = strings.joinServer;

const DeleteDialog = ({ server, onClose }: { server: LiveServer; onClose: () => void }) => {
  const [, goTo] = useLocation();
  const destroy = async (): Promise<void> => {
    await remove(`/api/servers/${server.id}`);
    goTo('/servers');
  };
  return (
    <TypedConfirm server={server} title={t.dialogTitle(server.name)} submit={t.confirm} onConfirm={destroy} onClose={onClose}>
      {server.provider === 'none'
        ? <><p>{joined.goneConsequence}</p><ShownOnce id="remove-command" label={joined.removeLabel} text={joined.removeCommand} help={joined.removeHelp} /></>
        : <p>{t.consequence}</p>}
    </TypedConfirm>
  );
};

const RebuildDialog = ({ server, onClose }: { server: LiveServer; onClose: () => void }) => {
  const image = useSignal(IMAGES.some(({ value }) => value === server.image) ? server.image : (IMAGES[0]?.value ?? ''));
  const rebuild = () => post(`/api/servers/${server.id}/rebuild`, { image: image.value }, newKey());
  return (
    <TypedConfirm server={server} title={t.rebuildTitle(server.name)} submit={t.rebuild} onConfirm={rebuild} onClose={onClose}>
      <p>{t.rebuildMeans}</p>
      <Field id="rebuild-image" label={strings.server.image}>
        {(control) => <select {...control} value={image.value} onChange={(event) => { image.value = event.currentTarget.value; }}>{IMAGES.map(({ value, text }) => <option key={value} value={value}>{text}</option>)}</select>}
      </Field>
    </TypedConfirm>
  );
};

const Protection = ({ server, onDone }: { server: LiveServer; onDone: () => Promise<void> }) => {
  const changing = useAction();
  const change = () => changing.run(async () => {
    await post(`/api/servers/${server.id}/protection`, { isProtected: !server.isProtected });
    await onDone();
  });
  return (
    <div class="danger-row">
      <p>{server.isProtected ? t.isProtected : t.isUnprotected}</p>
      {may('admin') && <button type="button" {...busy(changing.isBusy.value)} onClick={() => void change()}>{server.isProtected ? t.unprotect : t.protect}</button>}
      <ProblemNote problem={changing.problem.value} />
    </div>
  );
};

export const DangerZone = ({ server, onDone }: { server: LiveServer; onDone: () => Promise<void> }) => {
  const asking = useSignal<'delete' | 'rebuild' | undefined>(undefined);
  const close = (): void => { asking.value = undefined; };
  return (
    <Panel title={t.title}>
      <Protection server={server} onDone={onDone} />
      {canAct(server) && may('admin') && (
        <div class="danger-row">
          <p>{t.rebuildHint}</p>
          <button type="button" class="danger" disabled={server.isProtected || server.action !== null} onClick={() => { asking.value = 'rebuild'; }}>{t.rebuild}</button>
        </div>
      )}
      <div class="danger-row">
        <p>{server.provider === 'none' ? joined.goneHint : t.hint}</p>
        <button type="button" class="danger" disabled={server.isProtected || server.status === 'deleting'} onClick={() => { asking.value = 'delete'; }}>{t.open}</button>
      </div>
      {asking.value === 'delete' && <DeleteDialog server={server} onClose={close} />}
      {asking.value === 'rebuild' && <RebuildDialog server={server} onClose={() => { close(); void onDone(); }} />}
    </Panel>
  );
};
