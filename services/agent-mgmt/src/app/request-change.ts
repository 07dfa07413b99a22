/** From a wish to change an app to a change that has begun: what can be known before is checked now, in words that say what to do. */
import { isSensitive, type changeApp, type Installer, type InputValue } from '@citrus/contracts';
import { NotFound, Refusal, type Scope } from '@citrus/kit-domain';
import { uuidFrom, type AppendContext } from '@citrus/kit-event-store';
import type { z } from 'zod';
import { checkServer, findInstaller, splitInputs } from '../job/queue-job.ts';
import type { Apps, Jobs } from '../tokens.ts';
import { appDecider } from './app.decider.ts';
import type { RequestedChange } from './app.events.ts';
import { appIdOf, jobIdsOf } from './app.handler.ts';
import type { AppRow } from './app.store.ts';

type Inputs = Readonly<Record<string, InputValue>>;
export type AskedChange = z.infer<typeof changeApp.input>;
export type ChangeParts = { readonly apps: Pick<Apps, 'store' | 'handler' | 'loop'>; readonly jobs: Jobs };

/** What the installer, as it is now, still asks of what the app was installed with. */
export const stillAsked = (installer: Installer, inputs: Inputs): Inputs => {
  const ids = new Set(installer.inputs.filter((input) => !isSensitive(input)).map(({ id }) => id));
  return Object.fromEntries(Object.entries(inputs).filter(([id]) => ids.has(id)));
};

export const refuseWhileChanging = ({ state }: Pick<AppRow, 'state'>): void => {
  if (state === 'changing') throw new Refusal('app.changing', 'This app is being changed. Wait until that has ended.');
};

/** @throws NotFound */
export const findApp = async ({ store }: Pick<Apps, 'store'>, scope: Scope, name: { readonly serverId: string; readonly installer: string }): Promise<AppRow> => {
  const row = await store.find(scope, name);
  if (!row) throw new NotFound('app.unknown', 'There is no such app on a server of this project.');
  return row;
};

const mayBegin = async (asked: AskedChange, app: AppRow, { jobs, scope, installer }: { jobs: Jobs; scope: Scope; installer: Installer }): Promise<void> => {
  const { projectId, serverId, withoutBackup } = asked;
  refuseWhileChanging(app);
  if (app.state === 'removed') throw new Refusal('app.removed', 'This app was removed. Install it, or restore one of its backups.');
  await checkServer(jobs, scope, { projectId, serverId, action: asked.action, inputs: { ...stillAsked(installer, app.inputs), ...asked.inputs } }, installer);
  const canBackUp = installer.scripts.backup !== undefined && installer.scripts.restore !== undefined;
  if (!canBackUp && !withoutBackup) throw new Refusal('backup.not_offered', `${installer.name} offers no backup that could be restored, so what goes wrong cannot be undone. If that is meant, ask again with "withoutBackup": true.`);
};

const prepare = async ({ jobs }: ChangeParts, scope: Scope, asked: AskedChange, { app, known }: { app: AppRow; known: RequestedChange | undefined }): Promise<RequestedChange> => {
  const { projectId, serverId, installer: id, action, changeId, withoutBackup } = asked;
  const installer = findInstaller(jobs.registry, id, action);
  if (!known) await mayBegin(asked, app, { jobs, scope, installer });
  const priorInputs = stillAsked(installer, known?.priorInputs ?? app.inputs);
  const { plain, secrets } = splitInputs(installer, { action, inputs: { ...priorInputs, ...asked.inputs } });
  return {
    changeId, projectId, serverId, installer: id, action, installerVersion: installer.version, installerDigest: installer.digest, inputs: plain, sealedInputs: await jobs.secrets.seal(changeId, secrets),
    priorInputs, withBackup: !withoutBackup, withHealth: installer.scripts.health !== undefined, jobIds: jobIdsOf(changeId), at: jobs.clock().toISOString(),
  };
};

/** Asked for twice it begins once. The position at which it stands in the log. @throws Refusal | NotFound */
export const askForChange = async (parts: ChangeParts, scope: Scope, asked: AskedChange, context: Omit<AppendContext, 'commandId'>): Promise<number> => {
  const { apps, jobs } = parts;
  const app = await findApp(apps, scope, asked);
  const appId = appIdOf(asked);
  const known = (await apps.handler.load(appId)).asked[asked.changeId];
  // Only the installer that it was asked for with can tell what the answers came to.
  const isAnother = known !== undefined && jobs.registry.find(asked.installer)?.digest !== known.installerDigest;
  const data = isAnother ? { ...known, action: asked.action, withBackup: !asked.withoutBackup } : await prepare(parts, scope, asked, { app, known });
  const command = { type: 'RequestChange', data } as const;
  const { state, position } = await apps.handler.handle(appId, command, { ...context, commandId: uuidFrom('agent-mgmt:change-app', asked.changeId) });
  // Somebody may have asked for it before, with other contents.
  appDecider.decide(command, state);
  apps.loop.wake();
  return position;
};
