import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { StartFailure } from './failure.ts';
import type { Home } from './home.ts';

const isCitrus = (pid: number): boolean => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('tools/dist/start/main.js');
  } catch {
    return false;
  }
};

/** Two supervisors of one home would fight over its ports and files. @returns a function that gives the home free */
export const claimHome = (home: Home): (() => void) => {
  const file = home.path('run', 'citrus.lock');
  let pid = 0;
  try {
    pid = Number(readFileSync(file, 'utf8'));
  } catch {
    // nobody has it
  }
  if (pid > 0 && pid !== process.pid && isCitrus(pid)) {
    throw new StartFailure(`Citrus already runs in ${home.dir} (process ${pid})`, `Use that one, stop it with: kill ${pid}, or give this one a home of its own: CITRUS_HOME=… CITRUS_PORT=… npm start`);
  }
  writeFileSync(file, String(process.pid));
  return () => rmSync(file, { force: true });
};
