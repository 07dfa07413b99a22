/** Something a button does: one at a time, and its failure is kept to be shown beside it. */
import { useSignal, type Signal } from '@preact/signals';
import { asProblem, type ApiProblem } from '../api/problem.ts';

type Action = {
  readonly isBusy: Signal<boolean>;
  readonly problem: Signal<ApiProblem | undefined>;
  run(work: () => Promise<unknown>, onProblem?: (problem: ApiProblem) => void): Promise<void>;
};

export const useAction = (): Action => {
  const isBusy = useSignal(false);
  const problem = useSignal<ApiProblem | undefined>(undefined);
  return {
    isBusy,
    problem,
    async run(work, onProblem) {
      if (isBusy.value) return;
      isBusy.value = true;
      problem.value = undefined;
      try {
        await work();
      } catch (thrown) {
        problem.value = asProblem(thrown);
        onProblem?.(problem.value);
      } finally {
        isBusy.value = false;
      }
    },
  };
};

/**
 * Of a button whose action is under way: a click does nothing then, and that must be told, since its words may have changed
 * already. Not `disabled`, which would take the focus away.
 */
export const busy = (isBusy: boolean) => (isBusy ? ({ 'aria-busy': true, 'aria-disabled': true } as const) : {});
