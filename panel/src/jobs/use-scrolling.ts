import { useSignal, type Signal } from '@preact/signals';
import { useRef, type MutableRef } from 'preact/hooks';

const NEAR_THE_END_PX = 24;

type Scrolling = { readonly place: MutableRef<HTMLDivElement | null>; readonly follow: Signal<boolean>; readonly toEnd: () => void; readonly onScroll: () => void; /** The log has scrolled by itself: nobody chose its end. */ readonly moved: () => void };

/** Following ends when somebody scrolls up, and begins again at the end. */
export const useScrolling = (followsAtFirst: boolean): Scrolling => {
  const place = useRef<HTMLDivElement>(null);
  const follow = useSignal(followsAtFirst);
  const [lastTop, frame] = [useRef(0), useRef(0)];
  return {
    place, follow,
    toEnd() {
      // Once a frame: where the end is must be laid out each time.
      frame.current ||= requestAnimationFrame(() => {
        frame.current = 0;
        const element = place.current;
        if (element && follow.value) element.scrollTop = element.scrollHeight;
      });
    },
    moved() {
      lastTop.current = place.current?.scrollTop ?? 0;
    },
    onScroll() {
      const element = place.current;
      if (!element) return;
      const isAtEnd = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_THE_END_PX;
      const wentDown = element.scrollTop > lastTop.current;
      if (isAtEnd && wentDown) follow.value = true;
      else if (element.scrollTop < lastTop.current && !isAtEnd) follow.value = false;
      lastTop.current = element.scrollTop;
    },
  };
};
