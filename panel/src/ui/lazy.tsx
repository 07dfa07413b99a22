/** A room whose code is fetched when somebody first goes there: most people never open most of them. */
import { useSignal } from '@preact/signals';
import type { ComponentType } from 'preact';
import { useEffect } from 'preact/hooks';
import { unreachable, type ApiProblem } from '../api/problem.ts';
import { Slice } from './icon.tsx';
import { ProblemNote } from './problem-note.tsx';

/** A dialog or something else in or above a room: nothing is shown until it is there. Who handles a failure is told of it; otherwise it is shown. */
export const lazyPart = <Props extends object = object>(load: () => Promise<ComponentType<Props>>, onFailure?: () => void): ComponentType<Props> => {
  let loaded: ComponentType<Props> | undefined;
  return (props: Props) => {
    const part = useSignal<ComponentType<Props> | undefined>(loaded);
    const problem = useSignal<ApiProblem | undefined>(undefined);
    const begin = async (): Promise<void> => {
      try {
        part.value = loaded = await load();
      } catch {
        if (onFailure) onFailure();
        else problem.value = unreachable();
      }
    };
    useEffect(() => { if (!part.value) void begin(); }, []);
    const Found = part.value;
    if (Found) return <Found {...props} />;
    return problem.value ? <ProblemNote problem={problem.value} /> : null;
  };
};

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
