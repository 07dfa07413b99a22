/** One agent a state folder: two would run the same job. The lock is a process, so that a dead one holds nothing. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readIfThere, writeDurably } from './files.ts';

/** Process ids come again; together with the time it started an id is a process. */
const identityOf = (pid: number): string | undefined => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // A zombie has ended; it only waits for its parent to hear of it.
    return fields[0] === 'Z' ? undefined : `${pid} ${fields[19] ?? ''}`;
  } catch {
    return undefined;
  }
};

/** @throws if another agent works with this state folder. */
export const takeStateFolder = (stateDir: string): void => {
  const file = join(stateDir, 'agent.pid');
  const held = readIfThere(file)?.trim();
  const pid = Number(held?.split(' ')[0]);
  if (held && pid !== process.pid && identityOf(pid) === held) throw new Error(`another agent (process ${pid}) already works with ${stateDir}`);
  writeDurably(file, `${identityOf(process.pid) ?? process.pid}\n`);
};
