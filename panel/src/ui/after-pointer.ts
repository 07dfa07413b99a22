/**
 * Leaving a field shows its error, and the error moves what is below: between pressing and releasing, the button that
 * was aimed at would slip away and the click be lost. So what a blur does waits until the pointer is up.
 */
let isPressed = false;
addEventListener('pointerdown', () => { isPressed = true; }, { capture: true });
for (const end of ['pointerup', 'pointercancel']) addEventListener(end, () => { isPressed = false; }, { capture: true });

export const afterPointer = (work: () => void): void => {
  if (isPressed) addEventListener('pointerup', () => setTimeout(work), { capture: true, once: true });
  else work();
};
