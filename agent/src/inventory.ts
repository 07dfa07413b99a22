/** What is on this machine, where it can be had without running anything: disks, packages, and whether it wants a restart. */
import { Facts } from '@citrus/contracts';
import { closeSync, existsSync, openSync, readSync, statfsSync, statSync } from 'node:fs';
import { steadily } from './capacity.ts';
import { readIfThere } from './files.ts';

type Disk = NonNullable<Facts['disks']>[number];
type Packages = NonNullable<Facts['packages']>;

const MOST_DISKS = 32;
const plain = Facts.shape.hostname;
/** Kept as they were: images of programs and the like are always full. */
const NO_DISK = /^\/dev\/(?:loop|ram|zram)/;

/** Lines of /proc/mounts, each disk once, by the place where it was mounted first. Spaces and the like are octal there. */
export const mountsIn = (table: string): string[] => {
  const places = new Map<string, string>();
  for (const line of table.split('\n')) {
    const [device = '', mount = ''] = line.split(' ');
    if (!device.startsWith('/dev/') || NO_DISK.test(device) || places.has(device)) continue;
    places.set(device, mount.replaceAll(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8))));
  }
  return [...places.values()].slice(0, MOST_DISKS);
};

export const disks = (): Disk[] =>
  mountsIn(readIfThere('/proc/self/mounts') ?? '').flatMap((mount) => {
    try {
      const { blocks, bsize, bavail } = statfsSync(mount);
      return blocks > 0 && plain.safeParse(mount).success ? [{ mount, sizeBytes: blocks * bsize, freeBytes: steadily(mount, bavail * bsize) }] : [];
    } catch {
      return []; // unmounted meanwhile, or not ours to look at
    }
  });

const PIECE = 64 * 1024;

/** How often a line that begins so is in a file, without holding the file: it may be many megabytes. */
export const countLines = (file: string, line: string): number => {
  const wanted = `\n${line}`;
  const bytes = Buffer.allocUnsafe(PIECE);
  const descriptor = openSync(file, 'r');
  try {
    let [count, rest] = [0, '\n'];
    for (let length = readSync(descriptor, bytes, 0, PIECE, null); length > 0; length = readSync(descriptor, bytes, 0, PIECE, null)) {
      const text = rest + bytes.toString('latin1', 0, length);
      count += text.split(wanted).length - 1;
      // Only as much as cannot have been counted.
      rest = text.slice(-(wanted.length - 1));
    }
    return count;
  } finally {
    closeSync(descriptor);
  }
};

const DATABASES = [['/var/lib/dpkg/status', 'Status: install ok installed'], ['/lib/apk/db/installed', 'P:']] as const;
let counted: { readonly of: string; readonly installed: number } | undefined;

/** Counted anew when the package manager has written. */
const installed = (): number | undefined => {
  for (const [file, line] of DATABASES) {
    try {
      const { mtimeMs, size } = statSync(file);
      const of = `${file} ${mtimeMs} ${size}`;
      if (counted?.of !== of) counted = { of, installed: countLines(file, line) };
      return counted.installed;
    } catch {
      // Not this one's.
    }
  }
  return undefined;
};

/** Ubuntu counts by itself and writes for people: "12 updates can be applied immediately." */
export const upgradableIn = (text: string | undefined): number | undefined => {
  const found = /^(\d{1,6}) (?:updates?|packages?) can be/m.exec(text ?? '')?.[1];
  return found === undefined ? undefined : Number(found);
};

export const packages = (): Packages | undefined => {
  const count = installed();
  const upgradable = upgradableIn(readIfThere('/var/lib/update-notifier/updates-available'));
  return count === undefined ? undefined : { installed: count, ...(upgradable !== undefined && { upgradable }) };
};

export const needsRestart = (): boolean => existsSync('/run/reboot-required');

/** Below a prefix the machine is somebody else's. */
export const inventory = (prefix: string | undefined): Pick<Facts, 'disks' | 'packages' | 'needsRestart'> => {
  if (prefix !== undefined) return {};
  const found = packages();
  return { disks: disks(), ...(found && { packages: found }), needsRestart: needsRestart() };
};
