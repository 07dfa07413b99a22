/** Copies of the disk: taken, restored from and removed here; the cloud's own backups are turned on and off. */
import type { Snapshot } from '@citrus/contracts';
import { useSignal } from '@preact/signals';
import { newKey, post, remove } from '../api/client.ts';
import type { LiveServer } from '../api/types.ts';
import { may } from '../session/rights.ts';
import { strings } from '../strings.ts';
import { busy, useAction } from '../ui/action.ts';
import { Ago } from '../ui/ago.tsx';
import { Confirm } from '../ui/confirm.tsx';
import { Field } from '../ui/field.tsx';
import { Empty, Panel } from '../ui/page.tsx';
import { More, usePages } from '../ui/pages.tsx';
import { ProblemNote } from '../ui/problem-note.tsx';
import { TypedConfirm } from './typed-confirm.tsx';

const t = strings.snapshots;
type Props = { server: LiveServer; onDone: () => Promise<void> };

const TakeDialog = ({ server, onDone, onClose }: Props & { onClose: () => void }) => {
  const name = useSignal('');
  const take = async (): Promise<void> => {
    await post(`/api/servers/${server.id}/actions`, { type: 'snapshot', name: name.value.trim() }, newKey());
    await onDone();
  };
  return (
    <Confirm title={t.takeTitle(server.name)} submit={t.take} onConfirm={take} onClose={onClose} isDanger={false}>
      <Field id="snapshot-name" label={t.name} help={t.nameHelp}>
        {(control) => <input {...control} type="text" required maxLength={63} autocomplete="off" spellcheck={false} value={name.value} onInput={(event) => { name.value = event.currentTarget.value; }} />}
      </Field>
    </Confirm>
  );
};

type Asking = { readonly what: 'take' } | { readonly what: 'restore' | 'remove'; readonly snapshot: Snapshot };

const Backups = ({ server, onDone }: Props) => {
  const changing = useAction();
  const change = () => changing.run(async () => {
    await post(`/api/servers/${server.id}/actions`, { type: server.backups ? 'disable-backups' : 'enable-backups' }, newKey());
    await onDone();
  });
  return (
    <div class="danger-row">
      <p>{server.backups ? t.backupsOn : t.backupsOff}</p>
      {may('operator') && <button type="button" disabled={server.action !== null} {...busy(changing.isBusy.value)} onClick={() => void change()}>{server.backups ? t.turnOff : t.turnOn}</button>}
      <ProblemNote problem={changing.problem.value} />
    </div>
  );
};

export const SnapshotsPanel = ({ server, onDone }: Props) => {
  const resource = usePages<Snapshot>(`/api/servers/${server.id}/snapshots?limit=50`, { touchedBy: ({ stream, type }) => stream === `server-${server.id}` && type === 'ActionSucceeded' });
  const asking = useSignal<Asking | undefined>(undefined);
  const close = (): void => { asking.value = undefined; };
  const items = resource.items ?? [];
  const now = asking.value;
  const isBusy = server.action !== null;
  return (
    <Panel title={t.title} aside={may('operator') && <button type="button" class="small" disabled={isBusy} onClick={() => { asking.value = { what: 'take' }; }}>{t.take}</button>}>
      <ProblemNote problem={resource.problem} />
      {items.length === 0 ? <Empty title={t.none} /> : (
        <ul class="snapshots">
          {items.map((snapshot) => (
            <li key={snapshot.ref}>
              <div><p>{snapshot.name}</p><p class="fine">{t.kind[snapshot.kind]} · <Ago at={snapshot.createdAt} />{snapshot.sizeGigabytes !== null && ` · ${snapshot.sizeGigabytes} GB`}</p></div>
              <div class="app-actions">
                {may('admin') && <button type="button" class="danger" aria-label={t.restoreOf(snapshot.name)} disabled={isBusy || server.isProtected} onClick={() => { asking.value = { what: 'restore', snapshot }; }}>{t.restore}</button>}
                {may('operator') && snapshot.kind === 'snapshot' && <button type="button" aria-label={t.removeOf(snapshot.name)} disabled={isBusy} onClick={() => { asking.value = { what: 'remove', snapshot }; }}>{t.remove}</button>}
              </div>
            </li>
          ))}
        </ul>
      )}
      <More more={resource.more} text={strings.people.more} />
      <Backups server={server} onDone={onDone} />
      {now?.what === 'take' && <TakeDialog server={server} onDone={onDone} onClose={close} />}
      {now?.what === 'restore' && (
        <TypedConfirm server={server} title={t.restoreTitle(server.name, now.snapshot.name)} submit={t.restore} onConfirm={() => post(`/api/servers/${server.id}/restore`, { snapshotRef: now.snapshot.ref }, newKey())} onClose={() => { close(); void onDone(); }}><p>{t.restoreMeans}</p></TypedConfirm>
      )}
      {now?.what === 'remove' && (
        <Confirm title={t.removeTitle(now.snapshot.name)} submit={t.remove} onConfirm={() => remove(`/api/servers/${server.id}/snapshots/${now.snapshot.ref}`)} onClose={() => { close(); void onDone(); }}><p>{t.removeMeans}</p></Confirm>
      )}
    </Panel>
  );
};
