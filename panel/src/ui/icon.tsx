const SHAPES = {
  check: 'M3.5 8.5 6.7 11.5 12.5 4.8',
  cross: 'M4.2 4.2 11.8 11.8M11.8 4.2 4.2 11.8',
  dot: 'M8 6.6a1.4 1.4 0 1 1 0 2.8 1.4 1.4 0 0 1 0-2.8Z',
  clock: 'M8 2.5a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11ZM8 5.2V8l2 1.4',
  stop: 'M8 2.5a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11ZM4.2 11.8l7.6-7.6',
  question: 'M6 6.2a2 2 0 1 1 2.9 1.8c-.6.3-.9.7-.9 1.4M8 11.8v.1',
  external: 'M9.5 3h3.5v3.5M13 3 7.5 8.5M11.5 9v3.5a.5.5 0 0 1-.5.5H3.5a.5.5 0 0 1-.5-.5V5a.5.5 0 0 1 .5-.5H7',
  chevron: 'M6 3.5 10.5 8 6 12.5',
  plus: 'M8 3v10M3 8h10',
  menu: 'M2.5 4.5h11M2.5 8h11M2.5 11.5h11',
  back: 'M10 3.5 5.5 8 10 12.5',
  search: 'M7 3a4 4 0 1 1 0 8 4 4 0 0 1 0-8ZM10 10l3.2 3.2',
  warning: 'M8 2.8 14 13H2L8 2.8ZM8 6.6v3M8 11.3v.1',
  copy: 'M5.5 5.5V3.4c0-.2.2-.4.4-.4h6.7c.2 0 .4.2.4.4v6.7c0 .2-.2.4-.4.4h-2.1M3.4 5.5h6.7c.2 0 .4.2.4.4v6.7c0 .2-.2.4-.4.4H3.4a.4.4 0 0 1-.4-.4V5.9c0-.2.2-.4.4-.4Z',
  person: 'M8 2.8a2.6 2.6 0 1 1 0 5.2 2.6 2.6 0 0 1 0-5.2ZM3.2 13.4c.5-2.3 2.3-3.6 4.8-3.6s4.3 1.3 4.8 3.6',
  key: 'M10.3 2.8a2.9 2.9 0 1 1-1.6 5.3L4.2 12.6H2.8v-1.9l4.5-4.2a2.9 2.9 0 0 1 3-3.7Z',
} as const;

export type IconName = keyof typeof SHAPES;

/** Always beside words that say the same, so it is hidden from assistive technology. */
export const Icon = ({ name }: { name: IconName }) => (
  <svg class="icon" viewBox="0 0 16 16" aria-hidden="true"><path d={SHAPES[name]} /></svg>
);

const SEGMENTS = [0, 60, 120, 180, 240, 300];

/** The slice: our mark, and turning, our sign that something is going on. */
export const Slice = ({ turning = false }: { turning?: boolean }) => (
  <svg class={turning ? 'slice turning' : 'slice'} viewBox="0 0 32 32" aria-hidden="true">
    <circle class="peel" cx="16" cy="16" r="15" />
    <circle class="pith" cx="16" cy="16" r="12.4" />
    {SEGMENTS.map((angle) => (
      <path key={angle} class="pulp" d="M16 14.6 12.3 5.9a10.9 10.9 0 0 1 7.4 0Z" transform={`rotate(${angle} 16 16)`} />
    ))}
  </svg>
);
