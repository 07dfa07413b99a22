import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** Which processes of this computer belong to a droplet. Read from /proc; nothing is remembered, nothing can be missed by a restart. */
type Process = { pid: number; parent: number; session: number };

/** In the environment of everything a droplet starts. */
export const markerName = 'CITRUS_DROPLET';

/**
 * Marked in their environment, at work in the droplet's folder, in a session of such a one, or started by such a one:
 * a program that cleans its environment keeps its folder, its session or its parent.
 */
export const processesOf = (marker: string, folder: string): number[] => {
  const all = readProcesses();
  const found = new Set(all.filter(({ pid }) => isMarked(pid, marker) || worksIn(pid, folder)).map(({ pid }) => pid));
  const sessions = new Set(all.filter(({ pid, session }) => found.has(pid) && isMarkedSession(session, found)).map(({ session }) => session));
  for (let grew = true; grew; ) {
    grew = false;
    for (const { pid, parent, session } of all) {
      if (found.has(pid) || !(found.has(parent) || sessions.has(session))) continue;
      found.add(pid);
      grew = true;
    }
  }
  return [...found];
};

/** A session belongs to the droplet when its leader does, or is dead already: nobody of the host is in those. */
const isMarkedSession = (session: number, found: ReadonlySet<number>): boolean => found.has(session) || !exists(session);

const readProcesses = (): Process[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => pid !== process.pid)
    .map(readProcess)
    .filter((one): one is Process => one !== undefined);

const readProcess = (pid: number): Process | undefined => {
  const text = read(`/proc/${pid}/stat`);
  if (text === undefined) return undefined;
  const [state, parent, , session] = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return state === 'Z' || state === 'X' ? undefined : { pid, parent: Number(parent), session: Number(session) };
};

const isMarked = (pid: number, marker: string): boolean => (read(`/proc/${pid}/environ`) ?? '').split('\0').includes(`${markerName}=${marker}`);

const worksIn = (pid: number, folder: string): boolean => {
  try {
    return `${readlinkSync(`/proc/${pid}/cwd`)}/`.startsWith(`${folder}/`);
  } catch {
    return false;
  }
};

const exists = (pid: number): boolean => readProcess(pid) !== undefined;

/** A process may end, or belong to somebody else, while it is read. */
const read = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
};
