/** Which files of this account the command uses. All of them are for the account alone. */
import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const OWNER_ONLY = 0o700;

/** From `cli/dist/session` or `cli/src/session`. */
const checkout = fileURLToPath(new URL('../../..', import.meta.url));

type Environment = Readonly<Record<string, string | undefined>>;

/** An empty variable is as good as none. */
const folder = (named: string | undefined, otherwise: string): string => (named ? resolve(named) : otherwise);

export const placesOf = (env: Environment = process.env, home: string = homedir()) => ({
  /** Sessions that `citrus login` made, and those made with the credentials of `npm start`. */
  config: join(folder(env['XDG_CONFIG_HOME'], join(home, '.config')), 'citrus'),
  cache: join(folder(env['XDG_CACHE_HOME'], join(home, '.cache')), 'citrus'),
  /** Where `npm start` keeps its state. */
  citrusHome: folder(env['CITRUS_HOME'], join(checkout, '.citrus')),
  /** Naming a home means that one, whoever is signed in elsewhere. */
  isHomeNamed: Boolean(env['CITRUS_HOME']),
});
export type Places = ReturnType<typeof placesOf>;

export const makeOwnFolder = (path: string): void => {
  mkdirSync(path, { recursive: true, mode: OWNER_ONLY });
  chmodSync(path, OWNER_ONLY);
};

/** Whole or not at all, and never readable by others, not even for a moment. */
export const writePrivately = (file: string, text: string): void => {
  makeOwnFolder(dirname(file));
  const unfinished = `${file}.${process.pid}.new`;
  writeFileSync(unfinished, text, { mode: 0o600, flush: true });
  renameSync(unfinished, file);
};

/** Undefined when there is none. */
export const readIfThere = (file: string): string | undefined => {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
};

export const removeIfThere = (file: string): void => rmSync(file, { force: true });
