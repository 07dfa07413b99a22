import { existsSync, readdirSync } from 'node:fs';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * What systemd does in a droplet: a minimal boot, then the user data, once. Whatever else the system would start by
 * itself is masked; what is installed in the droplet later starts as on any machine.
 */
const needed = new Set([
  'dbus.service', 'dbus.socket', 'dev-mqueue.mount', 'systemd-journald.service', 'systemd-journald.socket', 'systemd-journald-dev-log.socket', 'systemd-journal-flush.service',
  'systemd-logind.service', 'systemd-user-sessions.service', 'systemd-sysusers.service', 'systemd-tmpfiles-setup.service', 'systemd-tmpfiles-setup-dev.service',
  'systemd-tmpfiles-clean.timer', 'systemd-update-utmp.service', 'systemd-update-utmp-runlevel.service', 'systemd-initctl.socket',
]);
/** Pulled in by others than by a folder of wants: they would reach for hardware, the clock or the host's root. */
const alwaysMasked = ['systemd-remount-fs.service', 'systemd-udevd.service', 'systemd-timesyncd.service', 'systemd-networkd.service', 'systemd-resolved.service', 'systemd-modules-load.service'];
const targets = ['sysinit', 'basic', 'sockets', 'timers', 'paths', 'multi-user', 'graphical', 'local-fs', 'remote-fs', 'network-online', 'getty'];

export const firstBootDone = 'var/lib/cloud/instance/boot-finished';
export const rebootWanted = 'var/lib/cloud/reboot-wanted';

/** As cloud-init runs a script; only, a first boot that was cut short is done again. */
const userDataUnit = `[Unit]
Description=User data of the first boot
ConditionPathExists=!/${firstBootDone}
After=network-online.target dbus.service systemd-user-sessions.service
Wants=network-online.target

[Service]
Type=oneshot
RemainAfterExit=yes
TimeoutStartSec=infinity
KillMode=process
WorkingDirectory=/
ExecStart=/bin/sh -c '/var/lib/cloud/instance/user-data; code=$?; echo "user data ended with exit code $code"; echo $code > /${firstBootDone}'
StandardOutput=append:/var/log/cloud-init-output.log
StandardError=inherit

[Install]
WantedBy=multi-user.target
`;

/** A machine in a pid namespace only ends; this is how the local cloud learns that it wanted to come back. */
const rebootUnit = `[Unit]
Description=Tell the local cloud that this is a reboot
DefaultDependencies=no
Before=systemd-reboot.service

[Service]
Type=oneshot
ExecStart=/bin/sh -c 'mkdir -p /var/lib/cloud && : > /${rebootWanted}'
`;

/** `system` is the root file system whose own units are masked. */
export const addUnits = async (root: string, system: string): Promise<void> => {
  const units = join(root, 'etc/systemd/system');
  await mkdir(units, { recursive: true });
  await writeFile(join(units, 'citrus-user-data.service'), userDataUnit);
  await writeFile(join(units, 'citrus-reboot.service'), rebootUnit);
  await want(units, 'multi-user.target', 'citrus-user-data.service');
  await want(units, 'reboot.target', 'citrus-reboot.service');
  await symlink('/lib/systemd/system/multi-user.target', join(units, 'default.target'));
  for (const unit of unitsToMask(system)) await symlink('/dev/null', join(units, unit));
};

const want = async (units: string, target: string, unit: string): Promise<void> => {
  await mkdir(join(units, `${target}.wants`), { recursive: true });
  await symlink(`../${unit}`, join(units, `${target}.wants`, unit));
};

const unitsToMask = (system: string): Set<string> => {
  const folders = targets.map((target) => join(system, 'usr/lib/systemd/system', `${target}.target.wants`)).filter((folder) => existsSync(folder));
  const wanted = folders.flatMap((folder) => readdirSync(folder)).filter((unit) => !needed.has(unit) && !unit.endsWith('.target'));
  return new Set([...wanted, ...alwaysMasked, 'getty.target']);
};
