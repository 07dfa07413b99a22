import { Icon } from './icon.tsx';

const ADDRESS = /(https?:\/\/[^\s<>"'`]+[^\s<>"'`.,;:!?)\]])/;

/** Plain text whose web addresses are links; nothing else in it is ever interpreted. */
export const LinkedText = ({ text }: { text: string }) => (
  <>
    {text.split(ADDRESS).map((part, index) => (index % 2 === 1
      ? <a key={part} href={part} target="_blank" rel="noreferrer">{part}<Icon name="external" /></a>
      : part))}
  </>
);

export const firstAddressIn = (text: string): string | undefined => ADDRESS.exec(text)?.[0];
