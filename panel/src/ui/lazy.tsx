/** A room whose code is fetched when somebody first goes there: most people never open most of them. */
import { useSignal } from '@preact/signals';
import type { ComponentType } from 'preact';
import { useEffect } from 'preact/hooks';
import { unreachable, type ApiProblem } from '../api/problem.ts';
import { Slice } from './icon.tsx';
import { ProblemNote } from './problem-note.tsx';

export const lazyRoom = <Props extends object = object>(load: () => Promise<ComponentType<Props>>): ComponentType<Props> => {
  let loaded: ComponentType<Props> | undefined;
  return (props: Props) => {
    const room = useSignal<ComponentType<Props> | undefined>(loaded);
    const problem = useSignal<ApiProblem | undefined>(undefined);
    const begin = async (): Promise<void> => {
      problem.value = undefined;
      try {
        room.value = loaded = await load();
      } catch {
        problem.value = unreachable();
      }
    };
    useEffect(() => { if (!room.value) void begin(); }, []);
    const Found = room.value;
    if (Found) return <Found {...props} />;
    return <main id="content" class="page">{problem.value ? <ProblemNote problem={problem.value} onRetry={() => void begin()} /> : <p class="loading"><Slice turning /></p>}</main>;
  };
};
