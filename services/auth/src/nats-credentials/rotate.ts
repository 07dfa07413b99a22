/**
 * New credentials for one of our own programs, in two steps with time in between: `rotate` makes a new user beside the old
 * one, running programs go over to it by themselves, `retire` puts the old one out. Each step may be done twice, and may
 * die between two lines.
 */
import { createKey, keyFromSeed } from '@citrus/kit-crypto';
import { link, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ControlRole, PublicKeys } from './accounts.ts';
import { mintCredentials, userOf } from './jwt.ts';
import { authKeysDirOf, credsFileOf, publicKeysFile, readIfThere, readRetired, replaceFile, retiredFile } from './trust-directory.ts';

const previousOf = (file: string): string => `${file}.previous`;

const keepAside = async (file: string, role: ControlRole): Promise<void> => {
  try {
    await link(file, previousOf(file));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    // The same text: an earlier try died before the new file was in place.
    if ((await readFile(file, 'utf8')) === (await readFile(previousOf(file), 'utf8'))) return;
    throw new Error(`The credentials of ${role} before these are still let in (${previousOf(file)}); run retire --role ${role} first. Nothing was changed.`, { cause: error });
  }
};

/** @returns what was done and what follows, for whoever ran it */
export const rotateCredentials = async (dir: string, role: ControlRole): Promise<string> => {
  const file = credsFileOf(dir, role);
  const signer = await readIfThere(join(dir, 'offline', `CONTROL-${role}.seed`));
  if (signer === undefined) throw new Error(`${join(dir, 'offline', `CONTROL-${role}.seed`)} is not there: new credentials are signed with it. Bring back the offline part of the trust directory.`);
  const { accounts } = JSON.parse(await readFile(publicKeysFile(authKeysDirOf(dir)), 'utf8')) as PublicKeys;
  const creds = await mintCredentials(role, createKey('user'), accounts.CONTROL, keyFromSeed(signer.trim()));
  await keepAside(file, role);
  await replaceFile(file, creds);
  return `${file} holds new credentials; the old ones are in ${previousOf(file)} and still let in. When every ${role} has said nats.credentials_changed: retire --role ${role}.`;
};

/** @returns what was done and what follows, for whoever ran it */
export const retireCredentials = async (dir: string, role: ControlRole): Promise<string> => {
  const [file, authKeysDir] = [credsFileOf(dir, role), authKeysDirOf(dir)];
  const old = await readIfThere(previousOf(file));
  if (old === undefined) throw new Error(`There are no old credentials of ${role} to retire (${previousOf(file)}); rotate first. Nothing was changed.`);
  const user = userOf(old);
  if (user === userOf(await readFile(file, 'utf8'))) throw new Error(`The credentials of ${role} in use are the old ones: rotating was not finished. Run rotate --role ${role} again. Nothing was changed.`);
  const retired = await readRetired({ dir: authKeysDir });
  await replaceFile(retiredFile(authKeysDir), `${JSON.stringify({ ...retired, [user]: Math.floor(Date.now() / 1000) }, null, 2)}\n`);
  await rm(previousOf(file));
  return `${user} is in ${retiredFile(authKeysDir)}: auth tells the NATS servers within a minute of finding it there, and who still uses it is put out.`;
};
