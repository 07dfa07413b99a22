/**
 * Upgrades that were asked for together: which begin now, and whether the rest is called off. Pure. What is known of the
 * members may be late, never early: late knowledge lets fewer begin, and whoever begins one that has begun changes
 * nothing, so two replicas may decide at once.
 */
import type { UpgradeWave } from '@citrus/contracts';

export type WaveMember = { readonly agentId: string; readonly projectId: string; readonly upgradeId: string; readonly status: 'waiting' | 'begun' | 'upgraded' | 'failed'; readonly deadline: string | null; readonly wave: UpgradeWave };
export type NextOfWave = { readonly begin: readonly WaveMember[]; readonly callOff: readonly WaveMember[]; readonly overdue: readonly WaveMember[] };

/** Beyond its deadline an upgrade that has begun may still be on trial. */
export const VERDICT_AFTER_MS = 30 * 60_000;

export const nextOfWave = (members: readonly WaveMember[], now: Date): NextOfWave => {
  const inOrder = members.toSorted((one, other) => one.wave.place - other.wave.place);
  const of = (status: WaveMember['status']) => inOrder.filter((member) => member.status === status);
  const overdue = of('begun').filter(({ deadline }) => deadline !== null && now.getTime() > Date.parse(deadline) + VERDICT_AFTER_MS);
  const limit = inOrder[0]?.wave;
  if (limit === undefined) return { begin: [], callOff: [], overdue };
  if (of('failed').length > limit.maxFailures) return { begin: [], callOff: of('waiting'), overdue };
  return { begin: of('waiting').slice(0, Math.max(0, limit.atOnce - of('begun').length)), callOff: [], overdue };
};
