/** What agent-mgmt says an action would need and do with the answers so far; asked again a moment after they changed. */
import { useSignal, type ReadonlySignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { post } from '../api/client.ts';
import type { InstallerPlan, Job } from '../api/types.ts';

const AFTER_TYPING_MS = 400;

export type Plan = { readonly plan: ReadonlySignal<InstallerPlan | undefined>; readonly ask: (inputs: object) => void };
type About = { readonly serverId: string; readonly installer: string; readonly action: Job['action'] };

export const usePlan = ({ serverId, installer, action }: About): Plan => {
  const plan = useSignal<InstallerPlan | undefined>(undefined);
  const [timer, turn, asked] = [useRef<ReturnType<typeof setTimeout>>(), useRef(0), useRef('')];
  useEffect(() => () => clearTimeout(timer.current), []);
  const read = async (inputs: object): Promise<void> => {
    turn.current += 1;
    const mine = turn.current;
    try {
      const answer = await post<InstallerPlan>(`/api/servers/${serverId}/plan`, { installer, action, inputs });
      if (mine === turn.current) plan.value = answer;
    } catch {
      // The form works without; whatever is wrong is told when it is sent.
      asked.current = '';
    }
  };
  const ask = (inputs: object): void => {
    const question = JSON.stringify([action, inputs]);
    if (question === asked.current) return;
    const isFirst = asked.current === '';
    asked.current = question;
    clearTimeout(timer.current);
    timer.current = setTimeout(() => void read(inputs), isFirst ? 0 : AFTER_TYPING_MS);
  };
  return { plan, ask };
};
