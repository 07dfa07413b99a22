/** What can be done with an app: safely where its installer allows it, and asked about where it cannot be undone. */
import { useSignal } from '@preact/signals';
import { Link, useLocation } from 'wouter-preact';
import { newKey, post } from '../api/client.ts';
import type { App, Installer } from '../api/types.ts';
import { strings } from '../strings.ts';
import { busy, useAction } from '../ui/action.ts';
import { Ago } from '../ui/ago.tsx';
import { Confirm } from '../ui/confirm.tsx';
import { ProblemNote } from '../ui/problem-note.tsx';
import { canBackUp } from './app-state.ts';

const t = strings.apps;
type Change = 'upgrade' | 'reconfigure' | 'uninstall';
type Props = { app: App; installer: Installer; onDone: () => Promise<void> };

/** Reconfiguring goes on with the questions; the others begin at once. */
const ChangeDialog = ({ app, installer, what, onDone, onClose }: Props & { what: Change; onClose: () => void }) => {
  const [, goTo] = useLocation();
  const without = useSignal(!canBackUp(installer));
  const path = `/servers/${app.serverId}/apps/${app.installer}/changes`;
  const begin = async (): Promise<void> => {
    if (what === 'reconfigure') return goTo(`/servers/${app.serverId}/install/${app.installer}?action=reconfigure${without.value ? '&backup=none' : ''}`);
    await post(`/api${path}`, { action: what, withoutBackup: without.value }, newKey());
    await onDone();
  };
  return (
    <Confirm title={t.changeTitle(t[what], installer.name)} submit={t[what]} onConfirm={begin} onClose={onClose} isDanger={what === 'uninstall' || without.value}>
      <p>{canBackUp(installer) ? t.changeMeans : t.noBackup(installer.name)}</p>
      <label class="tick"><input type="checkbox" required={!canBackUp(installer)} onChange={(event) => { without.value = event.currentTarget.checked || !canBackUp(installer); }} />{t.withoutBackup}</label>
    </Confirm>
  );
};

const RestoreDialog = ({ app, installer, onDone, onClose }: Props & { onClose: () => void }) => {
  const chosen = useSignal(app.backups[0]?.id);
  const restore = async (): Promise<void> => {
    await post(`/api/servers/${app.serverId}/apps/${app.installer}/jobs`, { action: 'restore', backupId: chosen.value }, newKey());
    await onDone();
  };
  return (
    <Confirm title={t.restoreTitle(installer.name)} submit={t.restore} onConfirm={restore} onClose={onClose}>
      <p>{t.restoreMeans}</p>
      {app.backups.map(({ id, at, version }) => (
        <label key={id} class="tick"><input type="radio" name="backup" checked={chosen.value === id} onChange={() => { chosen.value = id; }} /><span><Ago at={at} /> <span class="fine">{version} · {id.slice(0, 8)}</span></span></label>
      ))}
    </Confirm>
  );
};

/** Both go on with its questions, which begin with the answers of the last attempt. */
const Again = ({ app, installer: { name, scripts } }: Pick<Props, 'app' | 'installer'>) => {
  const to = (action: 'install' | 'uninstall'): string => `/servers/${app.serverId}/install/${app.installer}?action=${action}`;
  return (
    <>
      <Link className="button small" href={to('install')} aria-label={`${t.installAgain}: ${name}`}>{t.installAgain}</Link>
      {scripts.uninstall !== undefined && <Link className="button small plain" href={to('uninstall')} aria-label={`${t.uninstall}: ${name}`}>{t.uninstall}</Link>}
    </>
  );
};

export const AppActions = ({ app, installer, onDone }: Props) => {
  const [, goTo] = useLocation();
  const acting = useAction();
  const asking = useSignal<Change | 'restore' | undefined>(undefined);
  const close = (): void => { asking.value = undefined; };
  const { scripts, name } = installer;
  // One that never got there is tried again, or what is left of it is removed.
  const neverCame = app.state === 'failed' && app.version === null;
  const isThere = app.state === 'installed' || (app.state === 'failed' && !neverCame);
  const run = (action: 'health' | 'backup') => () => void acting.run(async () => goTo(`/jobs/${(await post<{ id: string }>(`/api/servers/${app.serverId}/apps/${app.installer}/jobs`, { action }, newKey())).id}`));
  const ask = (what: Change | 'restore') => () => { asking.value = what; };
  const changes = (['upgrade', 'reconfigure', 'uninstall'] as const).filter((what) => isThere && scripts[what] !== undefined);
  const now = asking.value;
  return (
    <>
      <div class="app-actions" role="group" aria-label={t.actionsOf(name)}>
        {neverCame && <Again app={app} installer={installer} />}
        {isThere && scripts.health !== undefined && <button type="button" class="small plain" aria-label={`${t.check}: ${name}`} {...busy(acting.isBusy.value)} onClick={run('health')}>{t.check}</button>}
        {isThere && canBackUp(installer) && <button type="button" class="small plain" aria-label={`${t.backUp}: ${name}`} {...busy(acting.isBusy.value)} onClick={run('backup')}>{t.backUp}</button>}
        {app.state !== 'changing' && app.backups.length > 0 && scripts.restore !== undefined && <button type="button" class="small plain" aria-label={`${t.restore}: ${name}`} onClick={ask('restore')}>{t.restore}</button>}
        {changes.map((what) => <button key={what} type="button" class="small plain" aria-label={`${t[what]}: ${name}`} onClick={ask(what)}>{t[what]}</button>)}
      </div>
      <ProblemNote problem={acting.problem.value} />
      {now === 'restore' && <RestoreDialog app={app} installer={installer} onDone={onDone} onClose={close} />}
      {now !== undefined && now !== 'restore' && <ChangeDialog app={app} installer={installer} what={now} onDone={onDone} onClose={close} />}
    </>
  );
};
