/** The words of the rooms of bundles; they are loaded with them. */
import { strings } from '../strings.ts';

export const words = {
  title: strings.shell.bundles, some: 'Bundles of several apps', none: 'No bundles', noneHint: 'A bundle is several apps as one template. Whoever runs Citrus puts them beside the installers.', installed: 'On your servers', noneInstalled: 'None yet', noneInstalledHint: 'Choose one above: it asks its questions once, and shows what will run before anything does.',
  bundle: 'Bundle', state: 'State', apps: 'Apps', servers: 'Servers', begun: 'Begun', install: 'Install', version: 'Version', category: 'Kind', onServers: (count: number) => (count === 1 ? 'on one server' : `on up to ${count} servers`), order: (apps: readonly string[]) => apps.join(', then '), refused: (count: number) => (count === 1 ? 'One bundle was refused' : `${count} bundles were refused`),
  unknown: 'No such bundle', unknownHint: 'There is no such bundle here, or it was refused.', chooseServer: 'Choose a server', chooseServers: 'Choose the servers first; then you see what will run.', noServer: 'No server of this project is active. Apps can be installed once one is.', plan: 'Plan', cannot: 'It cannot be installed like this', hidden: 'secret', laterFrom: (from: string) => `known when that app is installed (${from})`,
  on: 'on', attempt: (attempt: number) => `attempt ${attempt}`, place: 'One app after the other, each as a job.', itsJob: 'Its job', until: (instant: string) => `Until ${instant} at the longest.`,
  retry: 'Try again', cancel: 'Cancel', uninstall: 'Uninstall', uninstallTitle: 'Uninstall this bundle?', uninstallMeans: 'Its apps are removed, the last one first, each with a backup before. What was there before the bundle stays.', withoutBackup: 'Also where no backup can be made, so that nothing can be undone',
  does: { install: 'Install', upgrade: 'Upgrade, with a backup first', skip: 'Leave as it is', 'leave-out': 'Leave out', refuse: 'Cannot: it is there already' },
  status: { installing: 'Installing', installed: 'Installed', uninstalling: 'Uninstalling', removed: 'Removed', cancelling: 'Cancelling', cancelled: 'Cancelled', failed: 'Failed' },
  appStatus: { waiting: 'Waiting', running: 'Running', installed: 'Installed', skipped: 'Was there', 'left-out': 'Left out', failed: 'Failed', cancelled: 'Cancelled', removed: 'Removed', kept: 'Kept' },
} as const;
