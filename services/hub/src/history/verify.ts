/** Proves one log after the other, a stretch at a time, and tells how far it has come. */
import type { LoggedService, LogProblem, LogVerification, LogVerify } from '@citrus/contracts';
import { line } from './ndjson.ts';

export type VerifyStretch = (service: LoggedService, asked: LogVerify) => Promise<LogVerification>;

const STRETCH = 50_000;
const MOST_PROBLEMS = 100;

/** Up to where the log ended when it began: a busy log would never end. */
async function* verified(service: LoggedService, verify: VerifyStretch, signal: AbortSignal): AsyncGenerator<string, void> {
  const problems: LogProblem[] = [];
  let [checked, lastSigned, goal] = [0, 0, Infinity];
  let last: LogVerification | undefined;
  while (!last || last.position < goal) {
    signal.throwIfAborted();
    const before: number = last?.position ?? 0;
    last = await verify(service, { after: before, limit: STRETCH, ...(last && { hash: last.hash }) });
    goal = Math.min(goal, last.head);
    problems.push(...last.problems);
    checked += last.seals.checked;
    lastSigned = Math.max(lastSigned, last.seals.lastSigned);
    yield line({ progress: { service, position: last.position, head: goal } });
    // Nothing more can be checked: what is missing is among the problems.
    if (last.position === before) break;
  }
  const { position, hash, seals: { publicKeys } } = last;
  yield line({ result: { service, ok: problems.length === 0, position, hash, seals: { checked, lastSigned, publicKeys }, problems: problems.slice(0, MOST_PROBLEMS) } });
}

export async function* verifyLines(services: readonly LoggedService[], verify: VerifyStretch, signal: AbortSignal): AsyncGenerator<string, void> {
  for (const service of services) yield* verified(service, verify, signal);
}
