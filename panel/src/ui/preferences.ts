/** How somebody wants the panel in this browser: its colours, and whether single keys do things. Kept here, not with the account. */
import { effect, signal } from '@preact/signals';

export const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

const THEME_KEY = 'citrus-theme';
const KEYS_KEY = 'citrus-keys';

/** A browser may forbid its storage; then a choice lives as long as the page. */
const storage = (): Storage | undefined => {
  try {
    return localStorage;
  } catch {
    return undefined;
  }
};

const themeIn = (kept: string | null | undefined): Theme => THEMES.find((theme) => theme === kept) ?? 'system';

export const theme = signal<Theme>(themeIn(storage()?.getItem(THEME_KEY)));
/** Shortcuts of single characters get in the way of people who speak to their browser (WCAG 2.1.4). */
export const areKeysOn = signal(storage()?.getItem(KEYS_KEY) !== 'off');

const keep = (key: string, value: string | undefined): void => {
  if (value === undefined) storage()?.removeItem(key);
  else storage()?.setItem(key, value);
};

export const chooseTheme = (chosen: Theme): void => {
  theme.value = chosen;
  keep(THEME_KEY, chosen === 'system' ? undefined : chosen);
};

export const switchKeys = (isOn: boolean): void => {
  areKeysOn.value = isOn;
  keep(KEYS_KEY, isOn ? undefined : 'off');
};

/** The colours are all of `light-dark()`, so that this one attribute chooses between them. */
effect(() => {
  if (typeof document === 'undefined') return;
  if (theme.value === 'system') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = theme.value;
});

if (typeof addEventListener === 'function') {
  addEventListener('storage', ({ key, newValue }) => {
    if (key === THEME_KEY) theme.value = themeIn(newValue);
    if (key === KEYS_KEY) areKeysOn.value = newValue !== 'off';
  });
}
