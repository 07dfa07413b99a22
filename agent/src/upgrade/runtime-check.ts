/**
 * Whether a runtime starts on this machine at all, looked at before the present program ends for it: one that was built
 * for a newer C library or another processor would only be found out by stopping the agent for it.
 */
import { execFile } from 'node:child_process';
import { closeSync, openSync, readSync } from 'node:fs';
import { UpgradeFault } from './fault.ts';

/** A loaded machine with little memory reads a hundred megabytes from its disk first. */
const WITHIN_MS = 60_000;
/** Of the machine in this moment, not of the runtime. */
const PASSING = ['EAGAIN', 'ENOMEM', 'ETXTBSY', 'EMFILE', 'ENFILE'];
const LONGEST_WORDS = 500;

type Ended = Error & { readonly code?: number | string | null; readonly killed?: boolean; readonly signal?: NodeJS.Signals | null };

const broken = (why: string): UpgradeFault => new UpgradeFault('upgrade.runtime_broken', `the new runtime does not start on this machine: ${why}`);

/** What kind of processor a program is built for, in its own header; undefined where it is no ELF file. */
const processorOf = (file: string): string | undefined => {
  const header = Buffer.alloc(20);
  const descriptor = openSync(file, 'r');
  readSync(descriptor, header, 0, header.length, 0);
  closeSync(descriptor);
  return header.toString('latin1', 0, 4) === '\u007fELF' ? `${header[4]}/${header[5]}/${header.readUInt16LE(18)}` : undefined;
};

const whyOf = ({ message, code, killed, signal }: Ended, said: string): string => {
  if (killed) return `it did not say its version within ${WITHIN_MS / 1000} seconds`;
  const words = said.trim().slice(0, LONGEST_WORDS);
  if (words !== '') return words;
  return signal ? `it was ended by ${signal}` : typeof code === 'number' ? `it ended with exit code ${code}` : message;
};

/** @throws UpgradeFault if it does not. */
export const checkRuntime = async (node: string, signal: AbortSignal): Promise<void> => {
  const [its, own] = [processorOf(node), processorOf(process.execPath)];
  // The kernel's no would make a shell read it as a script, as root.
  if (its !== undefined && its !== own) throw broken('it is built for another processor');
  await new Promise<void>((resolve, reject) => {
    execFile(node, ['--version'], { env: {}, timeout: WITHIN_MS, killSignal: 'SIGKILL', signal }, (error: Ended | null, _version, said) => {
      if (!error) resolve();
      else if (signal.aborted || PASSING.includes(String(error.code))) reject(error);
      else reject(broken(whyOf(error, said.replaceAll(node, 'node'))));
    });
  });
};
