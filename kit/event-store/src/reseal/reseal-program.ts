/** What an operator runs after a new master key has come into use; see docs/operations.md. */
import { setTimeout as delay } from 'node:timers/promises';
import { KEYS_READ_AGAIN_MS, openMasterKeys, type MasterKeys } from '@citrus/kit-crypto';
import { reseal, type Resealed, type SealedDatabase } from './reseal.ts';

/** A replica may have sealed something with the key before, a moment before it read the file again. */
const LOOK_AGAIN_AFTER_MS = 2 * KEYS_READ_AGAIN_MS;

const tell = (line: string): void => void process.stdout.write(`${line}\n`);

const pass = async (databases: readonly SealedDatabase[], keys: MasterKeys): Promise<Resealed[]> => {
  const done: Resealed[] = [];
  for (const database of databases) done.push(...(await reseal(database, keys)));
  return done;
};

/** Until nothing is left to do. The exit code: 0 only if no older key is needed any more for what these databases hold. */
export const runReseal = async (databases: readonly SealedDatabase[], masterKeyFile: string, check: (keys: MasterKeys) => Promise<readonly string[]> = async () => []): Promise<number> => {
  const keys = openMasterKeys(masterKeyFile);
  const { id } = keys.current();
  tell(`the master key in use is ${id}; ${keys.all().length - 1} older one(s) can be opened with`);
  let done = await pass(databases, keys);
  for (const { place, resealed } of done) tell(`${place}: ${resealed} sealed anew`);
  while (done.some(({ resealed }) => resealed > 0)) {
    await delay(LOOK_AGAIN_AFTER_MS);
    done = await pass(databases, keys);
  }
  const problems = [...done.flatMap(({ broken }) => broken), ...(await check(keys))];
  for (const problem of problems) process.stderr.write(`${problem}\n`);
  const older = keys.all().slice(1).map((key) => key.id).join(', ');
  tell(problems.length === 0 ? `everything here is sealed with ${id}${older === '' ? '' : `; once this program says so for every service, take the older lines out of ${masterKeyFile} (${older})`}` : 'the older keys are still needed');
  return problems.length === 0 ? 0 : 1;
};
