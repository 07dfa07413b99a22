/**
 * Brings a build onto the disk beside the present one: fetched by digest, hashed while it comes, on the disk before it
 * gets its name. Nothing here changes what runs.
 */
import { createHash } from 'node:crypto';
import { chmodSync, closeSync, existsSync, fsyncSync, linkSync, mkdirSync, openSync, renameSync, rmSync, type WriteStream } from 'node:fs';
import { createReadStream, createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { syncFolder } from '../files.ts';
import { openArtifact } from '../hub.ts';
import { digestOf, isSameRuntime, placeOf, type Layout } from './layout.ts';
import { UpgradeFault } from './fault.ts';
import { checkRuntime } from './runtime-check.ts';

export type Staging = { readonly layout: Layout; readonly hubUrl: string; readonly folder: string; readonly runtimeDigest: string; readonly signal: AbortSignal };

const MOST_BYTES = 256 * 1024 ** 2;
const PART = '.part';

const sha256OfFile = async (file: string): Promise<string> => {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return `sha256:${hash.digest('hex')}`;
};

const syncFile = (file: string): void => {
  const descriptor = openSync(file, 'r');
  fsyncSync(descriptor);
  closeSync(descriptor);
};

/** @throws UpgradeFault if what came is something else. */
const download = async ({ hubUrl, signal }: Staging, digest: string, to: WriteStream): Promise<void> => {
  const hash = createHash('sha256');
  let bytes = 0;
  await pipeline(await openArtifact(hubUrl, digest, signal), async function* (pieces: AsyncIterable<Uint8Array>) {
    for await (const piece of pieces) {
      bytes += piece.length;
      if (bytes > MOST_BYTES) throw new UpgradeFault('upgrade.damaged', `what the hub sent is larger than ${MOST_BYTES} bytes`);
      hash.update(piece);
      yield piece;
    }
  }, to, { signal });
  const came = `sha256:${hash.digest('hex')}`;
  if (came !== digest) throw new UpgradeFault('upgrade.damaged', `the hub sent something else than was signed: ${came} instead of ${digest}`);
};

/** It is what was signed, so to fetch it again would not help. @throws UpgradeFault if it cannot be unpacked. */
const unpack = async (packed: string, file: string, signal: AbortSignal): Promise<void> => {
  try {
    await pipeline(createReadStream(packed), createGunzip(), createWriteStream(file), { signal });
  } catch (error) {
    if (error instanceof Error && 'code' in error && String(error.code).startsWith('Z_')) throw new UpgradeFault('upgrade.damaged', `the runtime is what was signed, and cannot be unpacked: ${error.message}`, { cause: error });
    throw error;
  }
};

/** The present runtime where it stays the same: 100 MB that need not be there twice. */
const putRuntime = async (staging: Staging, part: string): Promise<void> => {
  const { layout, folder, runtimeDigest } = staging;
  const node = join(part, 'node');
  if (isSameRuntime(folder, layout.running)) return linkSync(join(placeOf(layout, layout.running), 'node'), node);
  await download(staging, runtimeDigest, createWriteStream(`${node}.gz`));
  await unpack(`${node}.gz`, node, staging.signal);
  rmSync(`${node}.gz`);
  chmodSync(node, 0o755);
  syncFile(node);
  await checkRuntime(node, staging.signal);
};

const isStaged = async (place: string, folder: string): Promise<boolean> =>
  existsSync(join(place, 'node')) && existsSync(join(place, 'agent.mjs')) && (await sha256OfFile(join(place, 'agent.mjs'))) === digestOf(folder);

/** May be called again after it was cut off anywhere. */
export const stage = async (staging: Staging): Promise<void> => {
  const { layout, folder } = staging;
  const place = placeOf(layout, folder);
  if (await isStaged(place, folder)) return;
  const part = `${place}${PART}`;
  for (const left of [place, part]) rmSync(left, { recursive: true, force: true });
  try {
    mkdirSync(part, { recursive: true, mode: 0o755 });
    await download(staging, digestOf(folder), createWriteStream(join(part, 'agent.mjs')));
    syncFile(join(part, 'agent.mjs'));
    await putRuntime(staging, part);
    syncFolder(part);
    renameSync(part, place);
    syncFolder(join(layout.programDir, 'versions'));
  } catch (error) {
    rmSync(part, { recursive: true, force: true });
    if (error instanceof Error && 'code' in error && error.code === 'ENOSPC') throw new UpgradeFault('upgrade.disk_full', 'the disk has no room for another version of the agent', { cause: error });
    throw error;
  }
};
