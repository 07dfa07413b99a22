import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { chmod, chown, lstat, mkdir, readdir, readFile, readlink, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './run.ts';
import { addUnits } from './units.ts';

/**
 * The read-only ground that droplets stand on. Where no prepared root file system is given it is this computer's own
 * system: its programs and package database by overlay, its /etc as a copy without passwords, keys, enabled services and
 * anything that not everybody on the host may read, and an otherwise empty tree. Nothing of /root, /home, /srv, /opt,
 * /usr/local or a service's data under /var is ever in it.
 */
export type Layer = { name: string; place: string; lower: string };
export type Base = { layers: Layer[] };

/** What a layer shows of the host, beside the root. */
const hostFolders = ['/usr', '/var/lib/dpkg', '/var/lib/apt'];
const linkable = ['bin', 'sbin', 'lib', 'lib32', 'lib64', 'libx32'];
const emptyFolders = ['proc', 'sys', 'dev', 'run', 'root', 'home', 'opt', 'srv', 'mnt', 'media', 'boot', 'tmp', 'usr', 'var'];
const localFolders = ['bin', 'sbin', 'lib', 'share', 'etc', 'include', 'src', 'games'];

/** Host facts that must not become a droplet's. */
const notCopied = [
  'fstab', 'machine-id', 'hostname', 'hosts', 'resolv.conf', 'environment', 'crypttab', 'mtab', 'shadow', 'shadow-', 'gshadow', 'gshadow-', 'passwd-', 'group-',
  'subuid', 'subgid', 'apt/auth.conf', 'apt/auth.conf.d', 'network', 'netplan', 'NetworkManager', 'wpa_supplicant', 'wireguard', 'systemd/system', 'systemd/network',
  'docker', 'kubernetes', 'letsencrypt', 'sudoers.d', 'cron.d', 'postgresql', 'udev/rules.d', 'rc0.d', 'rc1.d', 'rc2.d', 'rc3.d', 'rc4.d', 'rc5.d', 'rc6.d', 'rcS.d',
];

/** Ready for use, or undefined: `prepared` is a whole root file system, such as one made by debootstrap. */
export const openBase = async (dir: string, prepared: string | undefined): Promise<Base> => {
  if (prepared !== undefined) {
    const name = createHash('sha256').update(prepared).digest('hex').slice(0, 12);
    const units = await once(join(dir, 'base', `units-${name}`), (draft) => addUnits(draft, prepared));
    return { layers: [{ name: 'root', place: '', lower: `${units}:${prepared}` }] };
  }
  const base = await once(join(dir, 'base', `host-${hostVersion()}`), copyHost);
  const whole = linkable.filter((name) => existsSync(`/${name}`) && !isLink(`/${name}`)).map((name) => `/${name}`);
  const overlays = [...hostFolders, ...whole].filter((path) => existsSync(path)).map((path) => ({ name: path.slice(1).replaceAll('/', '-'), place: path, lower: path }));
  return {
    layers: [{ name: 'root', place: '', lower: join(base, 'root') }, ...overlays, { name: 'usr-local', place: '/usr/local', lower: join(base, 'usr-local') }],
  };
};

/** Another state of the host's packages is another base; droplets keep the one they were made with. */
const hostVersion = (): string => String(Math.floor(statSync('/var/lib/dpkg/status').mtimeMs));

const once = async (path: string, build: (draft: string) => Promise<void>): Promise<string> => {
  if (existsSync(path)) return path;
  const draft = `${path}.draft`;
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft, { recursive: true });
  await build(draft);
  await rename(draft, path);
  return path;
};

const copyHost = async (draft: string): Promise<void> => {
  const root = join(draft, 'root');
  await mkdir(root);
  for (const name of emptyFolders) await mkdir(join(root, name));
  await chmod(join(root, 'tmp'), 0o1777);
  await chmod(join(root, 'root'), 0o700);
  for (const name of linkable) if (isLink(`/${name}`)) await symlink(await readlink(`/${name}`), join(root, name));
  for (const name of linkable) if (existsSync(`/${name}`) && !isLink(`/${name}`)) await mkdir(join(root, name));
  for (const name of localFolders) await mkdir(join(draft, 'usr-local', name), { recursive: true });
  await copyFolders('/var', join(root, 'var'), 2);
  await symlink('/run', join(root, 'var/run'));
  await symlink('/run/lock', join(root, 'var/lock'));
  for (const name of ['pam', 'ucf']) if (existsSync(`/var/lib/${name}`)) await run('cp', '-a', `/var/lib/${name}`, join(root, 'var/lib/'));
  await copyEtc(join(root, 'etc'));
  await addUnits(root, '/');
};

/** Folders without what is in them: packages expect theirs to exist. */
const copyFolders = async (from: string, to: string, depth: number): Promise<void> => {
  for (const name of depth === 0 ? [] : await readdir(from)) {
    const original = await lstat(join(from, name));
    if (!original.isDirectory()) continue;
    const copy = join(to, name);
    await mkdir(copy);
    await chown(copy, original.uid, original.gid);
    await chmod(copy, original.mode & 0o7777);
    await copyFolders(join(from, name), copy, depth - 1);
  }
};

const copyEtc = async (etc: string): Promise<void> => {
  await run('cp', '-a', '/etc', etc);
  for (const name of notCopied) await rm(join(etc, name), { recursive: true, force: true });
  await run('find', etc, '-xdev', '-depth', '(', '-type', 'f', '!', '-perm', '-004', '-delete', ')', '-o', '(', '-type', 'd', '!', '-perm', '-005', '-exec', 'rm', '-rf', '{}', ';', ')');
  for (const folder of ['systemd/system', 'systemd/network', 'sudoers.d', 'cron.d', 'udev/rules.d', 'network']) await mkdir(join(etc, folder), { recursive: true });
  await keepSystemAccounts(etc, 'passwd', 'shadow', (name) => `${name}:*:19000:0:99999:7:::`);
  await keepSystemAccounts(etc, 'group', 'gshadow', (name) => `${name}:*::`);
};

/** Accounts of packages stay (their files belong to them); people and all passwords do not come along. */
const keepSystemAccounts = async (etc: string, file: string, shadow: string, shadowLine: (name: string) => string): Promise<void> => {
  const lines = (await readFile(join(etc, file), 'utf8')).split('\n').filter((line) => isSystemId(Number(line.split(':')[2])));
  const names = lines.map((line) => line.split(':')[0] ?? '');
  await writeFile(join(etc, file), `${lines.join('\n')}\n`);
  await writeFile(join(etc, shadow), `${names.map(shadowLine).join('\n')}\n`, { mode: 0o640 });
  const { uid, gid } = await stat(`/etc/${shadow}`);
  await chown(join(etc, shadow), uid, gid);
};

const isSystemId = (id: number): boolean => id < 1000 || id === 65_534;

const isLink = (path: string): boolean => {
  const entry = readdirSync('/', { withFileTypes: true }).find(({ name }) => `/${name}` === path);
  return entry?.isSymbolicLink() ?? false;
};

export const prettyName = (root: string): string => /^PRETTY_NAME="?([^"\n]*)/m.exec(readFileSync(join(root, 'etc/os-release'), 'utf8'))?.[1] ?? 'Linux';
