import { ADDRESS } from './addresses.ts';
import { Icon } from './icon.tsx';

/** Plain text whose web addresses are links; nothing else in it is ever interpreted. */
export const LinkedText = ({ text }: { text: string }) => (
  <>
    {text.split(ADDRESS).map((part, index) => (index % 2 === 1
      ? <a key={part} href={part} target="_blank" rel="noreferrer">{part}<Icon name="external" /></a>
      : part))}
  </>
);
