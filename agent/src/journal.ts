/**
 * What the agent must remember across its own death: which commands it took, which attempts it began, how they ended
 * and whether that was told. Append-only, each line fsynced before the fact it records has an effect. It holds ids and
 * digests, never inputs: a job that was taken but not begun is sent again by agent-mgmt.
 */
import { AgentId, BackupMade, JobId, JobOutcome } from '@citrus/contracts';
import { mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { appendWhole, isDiskFull } from './append.ts';
import { readIfThere, writeDurably } from './files.ts';

const attempt = { jobId: JobId, attempt: z.int().positive() };
const at = z.iso.datetime();
/** How an attempt ended, as it will be reported until somebody answers. */
export const Ending = z.object({
  agentId: AgentId, ...attempt, outcome: JobOutcome, exitCode: z.int().nullable(), reason: z.string().optional(), backup: BackupMade.omit({ id: true }).optional(), outputs: z.record(z.string(), z.string()).optional(), logChunks: z.int(), logDigest: z.string(), at,
});
export type Ending = z.infer<typeof Ending>;

const Line = z.discriminatedUnion('type', [
  z.object({ type: z.literal('accepted'), ...attempt, commandId: z.uuid(), installerDigest: z.string(), expiresAt: at, at }),
  z.object({ type: z.literal('started'), ...attempt, at }),
  z.object({ type: z.literal('ended'), ...attempt, ending: Ending }),
  z.object({ type: z.literal('told'), ...attempt, at }),
]);
export type Line = z.infer<typeof Line>;

export type Attempt = {
  readonly jobId: JobId;
  readonly attempt: number;
  readonly state: 'accepted' | 'started' | 'ended';
  readonly ending?: Ending;
  readonly isTold: boolean;
  /** What it was taken with; absent where a cancel came first. */
  readonly taken?: { readonly commandId: string; readonly installerDigest: string };
  readonly lines: readonly Line[];
};

export type Journal = {
  readonly find: (jobId: string, attempt: number) => Attempt | undefined;
  readonly all: () => readonly Attempt[];
  readonly attemptsOf: (jobId: string) => readonly Attempt[];
  /** On disk when this returns. */
  readonly append: (line: Line) => void;
};

/** Older attempts are forgotten; a command for one of them has expired long before. */
const ATTEMPTS_KEPT = 500;
export const keyOf = ({ jobId, attempt }: { jobId: string; attempt: number }): string => `${jobId}-${attempt}`;

const evolve = (before: Attempt | undefined, line: Line): Attempt => {
  const base = before ?? { jobId: line.jobId, attempt: line.attempt, state: 'accepted' as const, isTold: false, lines: [] };
  const lines = [...base.lines, line];
  switch (line.type) {
    case 'accepted': return { ...base, taken: { commandId: line.commandId, installerDigest: line.installerDigest }, lines };
    case 'started': return { ...base, state: 'started', lines };
    case 'ended': return { ...base, state: 'ended', ending: line.ending, isTold: false, lines };
    case 'told': return { ...base, isTold: true, lines };
  }
};

/** A line that was being written when the power went is no line; whatever it said had no effect yet. */
const parseLine = (text: string): Line | undefined => {
  try {
    return Line.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
};

const isWorthKeeping = (attempt: Attempt): boolean => attempt.state !== 'accepted';

/** A full disk has room for what comes, but perhaps not for all of it once more; then it is made shorter another time. */
const compact = (file: string, kept: readonly Attempt[]): void => {
  try {
    writeDurably(file, kept.flatMap((attempt) => attempt.lines).map((line) => `${JSON.stringify(line)}\n`).join(''));
  } catch (error) {
    if (!isDiskFull(error)) throw error;
  }
};

export const openJournal = (file: string): Journal => {
  const attempts = new Map<string, Attempt>();
  const take = (line: Line) => attempts.set(keyOf(line), evolve(attempts.get(keyOf(line)), line));
  for (const text of (readIfThere(file) ?? '').split('\n')) {
    const line = text === '' ? undefined : parseLine(text);
    if (line) take(line);
  }
  // Taken but not begun: forget it, so that the same command is taken again when it is sent again.
  for (const [key, attempt] of attempts) if (!isWorthKeeping(attempt)) attempts.delete(key);
  const kept = [...attempts.values()].filter((attempt, index, all) => index >= all.length - ATTEMPTS_KEPT || !attempt.isTold);
  attempts.clear();
  for (const attempt of kept) attempts.set(keyOf(attempt), attempt);
  compact(file, kept);

  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const descriptor = openSync(file, 'a', 0o600);
  return {
    find: (jobId, attempt) => attempts.get(keyOf({ jobId, attempt })),
    all: () => [...attempts.values()],
    attemptsOf: (jobId) => [...attempts.values()].filter((attempt) => attempt.jobId === jobId),
    append: (line) => {
      appendWhole(descriptor, `${JSON.stringify(line)}\n`, true);
      take(line);
    },
  };
};
