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

/** The same for what lies above a room: nothing is shown until it is there. */
export const lazyPart = (load: () => Promise<ComponentType>, onFailure: () => void): ComponentType => {
  let loaded: ComponentType | undefined;
  return () => {
    const part = useSignal<ComponentType | undefined>(loaded);
    const begin = async (): Promise<void> => {
      try {
        part.value = loaded = await load();
      } catch {
        onFailure();
      }
    };
    useEffect(() => { if (!loaded) void begin(); }, []);
    const Found = part.value;
    return Found ? <Found /> : null;
  };
};
