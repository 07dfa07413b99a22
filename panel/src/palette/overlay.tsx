/** What the keys bring above a room. */
import { Help } from './help.tsx';
import { overlay } from './keys.ts';
import { Palette } from './palette.tsx';

export const Overlay = () => {
  const close = (): void => { overlay.value = undefined; };
  return overlay.value === 'help' ? <Help onClose={close} /> : <Palette onClose={close} />;
};
