/**
 * Ports for programs that cannot be told to take any free one. Between the look and the listening somebody else may take
 * the port, so it is claimed: no outgoing connection gets it, and no other Citrus on this machine is given it for a while.
 */
import { randomInt } from 'node:crypto';
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';

/** Below what Linux and macOS give to outgoing connections (from 32,768 and 49,152). */
const FIRST_PORT = 20_000;
const LAST_PORT = 32_000;
const TRIES = 500;
/** A claim holds for this long at least: a program that starts again finds its port, also while it was away. */
const CLAIMED_MS = 1_800_000;

const folder = join(tmpdir(), `citrus-ports-${userInfo().uid}`);

/** Claims of one period are in one folder, so that none is ever taken over, and old ones go as a whole. */
const claim = (port: number): boolean => {
  const period = Math.floor(Date.now() / CLAIMED_MS);
  const [now, before] = [String(period), String(period - 1)];
  mkdirSync(join(folder, now), { recursive: true, mode: 0o700 });
  for (const old of readdirSync(folder)) if (old !== now && old !== before) rmSync(join(folder, old), { recursive: true, force: true });
  try {
    closeSync(openSync(join(folder, now, String(port)), 'wx'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
  return !existsSync(join(folder, before, String(port)));
};

const canListen = async (port: number): Promise<boolean> => {
  const server = createServer();
  const outcome = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => resolve(true));
  });
  if (outcome) await new Promise((resolve) => server.close(resolve));
  return outcome;
};

/**
 * A TCP port on loopback that nobody listens to, and that is given to nobody else for half an hour.
 * @throws Error when none was found
 */
export const freePort = async (): Promise<number> => {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const port = randomInt(FIRST_PORT, LAST_PORT);
    if (claim(port) && (await canListen(port))) return port;
  }
  throw new Error(`no free port was found between ${FIRST_PORT} and ${LAST_PORT}; stop programs that hold so many, and try again`);
};
