import { useSignal } from '@preact/signals';
import { useLocation } from 'wouter-preact';
import { remove } from '../api/client.ts';
import type { LiveServer } from '../api/types.ts';
import { strings } from '../strings.ts';
import { useAction } from '../ui/action.ts';
import { ShownOnce } from '../ui/copy.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Field } from '../ui/field.tsx';
import { Panel } from '../ui/page.tsx';
import { ProblemNote } from '../ui/problem-note.tsx';

const t = strings.danger;
const joined = strings.joinServer;

const DeleteDialog = ({ server, onClose }: { server: LiveServer; onClose: () => void }) => {
  const [, goTo] = useLocation();
  const deleting = useAction();
  const typed = useSignal('');
  const isMeant = typed.value === server.name;
  const submit = (event: Event): void => {
    event.preventDefault();
    if (!isMeant) return;
    void deleting.run(async () => {
      await remove(`/api/servers/${server.id}`);
      goTo('/servers');
    });
  };
  return (
    <Dialog title={t.dialogTitle(server.name)} onClose={onClose}>
      <form onSubmit={submit}>
        {server.provider === 'none'
          ? <><p>{joined.goneConsequence}</p><ShownOnce id="remove-command" label={joined.removeLabel} text={joined.removeCommand} help={joined.removeHelp} /></>
          : <p>{t.consequence}</p>}
        <ProblemNote problem={deleting.problem.value} />
        <Field id="confirm-name" label={t.typeName} help={t.typeNameHelp(server.name)}>
          {(control) => <input {...control} type="text" autocomplete="off" spellcheck={false} autocapitalize="none" value={typed.value} onInput={(event) => { typed.value = event.currentTarget.value; }} />}
        </Field>
        <footer class="dialog-foot">
          <button type="button" onClick={onClose}>{strings.dialog.cancel}</button>
          <button type="submit" class="danger" disabled={!isMeant} aria-busy={deleting.isBusy.value}>{t.confirm}</button>
        </footer>
      </form>
    </Dialog>
  );
};

export const DangerZone = ({ server }: { server: LiveServer }) => {
  const isOpen = useSignal(false);
  return (
    <Panel title={t.title}>
      <div class="danger-row">
        <p>{server.provider === 'none' ? joined.goneHint : t.hint}</p>
        <button type="button" class="danger" disabled={server.status === 'deleting'} onClick={() => { isOpen.value = true; }}>{t.open}</button>
      </div>
      {isOpen.value && <DeleteDialog server={server} onClose={() => { isOpen.value = false; }} />}
    </Panel>
  );
};
