/** Loaded before the agent (`--import`): it is killed right before, or right after, the n-th line of its journal is on the disk. */
import fs from 'node:fs';

const [when, nth] = (process.env['KILL_AT'] ?? '').split(' ');
const bare = { writeSync: fs.writeSync, fsyncSync: fs.fsyncSync };
let lines = 0;

const isJournal = (descriptor: number): boolean => fs.readlinkSync(`/proc/self/fd/${descriptor}`).endsWith('/journal.jsonl');
/** Nothing runs behind this line: the signal is sent to a process that waits for it. */
const die = (): void => {
  process.kill(process.pid, 'SIGKILL');
  for (;;);
};

Object.assign(fs, {
  writeSync: (...given: Parameters<typeof fs.writeSync>): number => {
    if (isJournal(given[0])) lines += 1;
    if (isJournal(given[0]) && when === 'before' && lines === Number(nth)) die();
    return bare.writeSync(...given);
  },
  fsyncSync: (descriptor: number): void => {
    bare.fsyncSync(descriptor);
    if (isJournal(descriptor) && when === 'after' && lines === Number(nth)) die();
  },
});
