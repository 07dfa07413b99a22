/** What the wishes for a run come to, a moment after the last key; the inputs are checked when they are sent. */
import { useSignal, type Signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { post } from '../api/client.ts';
import { asProblem, type ApiProblem } from '../api/problem.ts';
import type { Installer, Job } from '../api/types.ts';

const PLAN_AFTER_MS = 400;

export type RunPlan = { readonly servers: readonly { id: string; name: string; refused: string | null; passes: boolean }[]; readonly waves: readonly number[]; readonly maxFailures: number };
export type Wishes = { readonly filter: Signal<string>; readonly waves: Signal<string>; readonly maxFailures: Signal<string>; readonly atOnce: Signal<string>; readonly action: Signal<Job['action']>; readonly priority: Signal<Job['priority']> };

export const strategyOf = ({ waves, maxFailures, atOnce }: Wishes) => ({ waves: waves.value.split(/[\s,]+/).filter(Boolean), maxFailures: maxFailures.value.trim(), ...(/^\d+$/.test(atOnce.value.trim()) && { atOnce: Number(atOnce.value.trim()) }) });

export const useRunPlan = (installer: Installer | undefined, wishes: Wishes) => {
  const [plan, problem] = [useSignal<RunPlan | undefined>(undefined), useSignal<ApiProblem | undefined>(undefined)];
  const asked = [wishes.filter.value, wishes.waves.value, wishes.maxFailures.value, wishes.atOnce.value, wishes.action.value, installer?.id].join('\n');
  useEffect(() => {
    plan.value = problem.value = undefined;
    if (!installer || wishes.filter.value.trim() === '') return undefined;
    let isLate = false;
    const ask = async (): Promise<void> => {
      try {
        const answer = await post<RunPlan>('/api/runs/plan', { installer: installer.id, action: wishes.action.value, filter: wishes.filter.value.trim(), strategy: strategyOf(wishes) });
        if (!isLate) plan.value = answer;
      } catch (thrown) {
        if (!isLate) problem.value = asProblem(thrown);
      }
    };
    const timer = setTimeout(() => void ask(), PLAN_AFTER_MS);
    return () => {
      isLate = true;
      clearTimeout(timer);
    };
  }, [asked]);
  return { plan, problem };
};
