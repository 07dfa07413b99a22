import { useComputed } from '@preact/signals';
import { now } from '../live/now.ts';
import { formatAgo, formatDuration, formatExact } from './time.ts';

/** How long ago something was; the exact time on hover and for machines. */
export const Ago = ({ at }: { at: string }) => {
  const text = useComputed(() => formatAgo(at, now.value));
  return <time dateTime={at} title={formatExact(at)}>{text}</time>;
};

/** How long something took, or has been taking until now. */
export const Elapsed = ({ from, to }: { from: string; to?: string | null }) => {
  const text = useComputed(() => formatDuration((to ? Date.parse(to) : now.value) - Date.parse(from)));
  return <span class="nowrap">{text}</span>;
};
