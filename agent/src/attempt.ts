/**
 * One attempt of one job, from the signed command to how it ended: fetch, hash, check again, run what was hashed,
 * clean up. Whatever goes wrong on the way is an ending too, with a reason for people.
 */
import { EXIT_CODES, isSensitive, type InputValue, type InstallerManifest, type RunJob } from '@citrus/contracts';
import { createMasking } from '@citrus/kit-crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fullJitter, waited } from './backoff.ts';
import { dropUnfinished, openBackup, type OpenBackup } from './backups.ts';
import { JobRefused, layOut, openBundle, scriptOf, type Opened } from './bundle.ts';
import type { Cgroups } from './cgroup.ts';
import type { AgentConfig } from './config.ts';
import { environmentOf } from './environment.ts';
import type { Execute, Executed } from './execute.ts';
import { firstAddress } from './facts.ts';
import { HubRefusal, fetchArtifact } from './hub.ts';
import { inputsOf } from './job-inputs.ts';
import type { JobLog } from './job-log.ts';
import { keyOf, type Ending } from './journal.ts';
import type { Keys } from './keys.ts';
import { describe } from './log.ts';
import { checkMachine } from './machine-check.ts';
import { createOutput } from './output.ts';
import { runFolder } from './run-folder.ts';

export type Result = Pick<Ending, 'outcome' | 'exitCode' | 'reason' | 'backup' | 'outputs'>;
export type AttemptInput = {
  readonly command: RunJob;
  readonly config: AgentConfig;
  readonly keys: Keys;
  readonly log: JobLog;
  readonly execute: Execute;
  readonly cgroups: () => Cgroups;
  /** Aborted with `'cancelled'` or `'stopping'`. */
  readonly signal: AbortSignal;
};

/** SIGTERM first; a script that is still there after this is killed. */
const GRACE_MS = 10_000;
const FETCH_FOR_MS = 60_000;

const fetchBundle = async ({ command, config, signal }: AttemptInput): Promise<Uint8Array> => {
  const until = performance.now() + FETCH_FOR_MS;
  for (let tries = 0; ; tries += 1) {
    try {
      return await fetchArtifact(config.hubUrl, command.installerDigest, signal);
    } catch (error) {
      if (error instanceof HubRefusal) throw new JobRefused(`the hub has no installer with the digest that was signed: ${error.message}`);
      if (signal.aborted || performance.now() > until) throw error;
      await waited(fullJitter(tries, { firstMs: 500, maxMs: 8_000 }), signal);
    }
  }
};

/** A switch has no content that could be masked. */
const secretsAmong = (manifest: InstallerManifest, values: Readonly<Record<string, InputValue>>): string[] =>
  manifest.inputs.filter((input) => isSensitive(input) && input.type !== 'boolean' && values[input.id] !== undefined).map(({ id }) => String(values[id]));

const resultOf = ({ exitCode, ended, metLimit }: Executed, input: AttemptInput): Result => {
  if (ended === 'timed-out') return { outcome: 'timed_out', exitCode: EXIT_CODES.timeout, reason: `not finished after ${input.command.timeoutSeconds} seconds` };
  if (ended === 'aborted') return abortedResult(input.signal);
  if (ended === 'disk-full') return { outcome: 'failed', exitCode, reason: `it filled the disk: less than ${Math.round(input.config.jobLimits.diskReserveBytes / 1024 ** 2)} MiB were left free` };
  if (exitCode === EXIT_CODES.ok) return { outcome: 'succeeded', exitCode };
  if (exitCode === EXIT_CODES.timeout) return { outcome: 'timed_out', exitCode, reason: 'a step of the script took too long' };
  return { outcome: 'failed', exitCode, reason: `the script ended with exit code ${exitCode}${metLimit === undefined ? '' : `; ${metLimit}`}` };
};

const abortedResult = (signal: AbortSignal): Result =>
  signal.reason === 'cancelled' ? { outcome: 'cancelled', exitCode: null } : { outcome: 'lost', exitCode: null, reason: 'the agent was stopped while the job ran' };

/** A backup has succeeded when it is on the disk and was read back. */
const keptResult = async (result: Result, backup: OpenBackup | undefined): Promise<Result> => {
  if (result.outcome !== 'succeeded' || !backup) return result;
  try {
    const made = await backup.keep();
    return made ? { ...result, backup: made } : result;
  } catch (error) {
    return { outcome: 'failed', exitCode: EXIT_CODES.installation, reason: `there is no backup: ${describe(error)}`.slice(0, 1000) };
  }
};

const runScript = async (input: AttemptInput, opened: Opened): Promise<Result> => {
  const { command, config, log } = input;
  const { manifest, files } = opened;
  const inputs = inputsOf(input, manifest);
  checkMachine(manifest, { config, action: command.action, values: inputs });
  const masking = createMasking(secretsAmong(manifest, inputs));
  const folder = runFolder(config, command);
  const home = join(folder, 'home');
  const appDir = join(config.stateDir, 'apps', manifest.id);
  const about = { stateDir: config.stateDir, command };
  const backup = await openBackup(about);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(home, { recursive: true, mode: 0o700 });
  mkdirSync(appDir, { recursive: true, mode: 0o755 });
  try {
    layOut(files, join(folder, 'bundle'));
    const output = createOutput(masking, log.write, manifest.outputs.map(({ name }) => name));
    log.say(`${command.action} of ${manifest.name} ${manifest.version}, attempt ${command.attempt}`);
    const executed = await input.execute({
      name: keyOf(command),
      script: join(folder, 'bundle', scriptOf(opened, command.action)),
      folder: join(folder, 'bundle'),
      environment: environmentOf({ inputs, home, appDir, nodeBinary: process.execPath, serverAddress: config.serverAddress ?? firstAddress(), prefix: config.prefix, backup }),
      home,
      timeoutMs: command.timeoutSeconds * 1000,
      graceMs: GRACE_MS,
      limits: config.jobLimits,
      cgroups: input.cgroups,
      signal: input.signal,
      onOutput: output.push,
    }).finally(output.end);
    const outputs = output.values();
    const result = { ...(await keptResult(resultOf(executed, input), backup)), ...(Object.keys(outputs).length > 0 && { outputs }) };
    return result.reason === undefined ? result : { ...result, reason: masking.mask(result.reason) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
    dropUnfinished(about);
  }
};

/** Never throws. */
export const runAttempt = async (input: AttemptInput): Promise<Result> => {
  try {
    const bytes = await fetchBundle(input);
    return await runScript(input, openBundle(bytes, input.command));
  } catch (error) {
    if (input.signal.aborted) return abortedResult(input.signal);
    if (error instanceof JobRefused) return { outcome: 'refused', exitCode: null, reason: error.message.slice(0, 1000) };
    return { outcome: 'failed', exitCode: EXIT_CODES.installation, reason: `the job could not be run: ${describe(error)}`.slice(0, 1000) };
  }
};
