/**
 * Keys that do something everywhere: the palette, the help, the way to a room, the rows of a table. None does anything
 * while somebody types, a dialog is open, or they are turned off in the account. Browsers keep what they need: whatever
 * comes with Alt, and everything with Ctrl or ⌘ but K.
 */
import { signal } from '@preact/signals';
import { navigate } from 'wouter-preact/use-browser-location';
import { ACCOUNT, openRooms } from '../shell/doors.ts';
import { areKeysOn } from '../ui/preferences.ts';

export const overlay = signal<'palette' | 'help' | undefined>(undefined);
export const openPalette = (): void => { overlay.value = 'palette'; };

/** Longer than it takes to find the second key, and short enough to forget the first one. */
const SECOND_KEY_WITHIN_MS = 1500;

const NOT_TYPED_INTO: readonly string[] = ['checkbox', 'radio', 'range', 'button', 'submit', 'reset', 'color', 'file'];

export const isTyping = (target: EventTarget | null): boolean => {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement) return !NOT_TYPED_INTO.includes(target.type);
  return target.isContentEditable || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;
};

const focusSearch = (): void => {
  const box = document.querySelector<HTMLInputElement>('main input[type="search"]');
  if (!box) return openPalette();
  box.focus();
  box.select();
};

/** What a row leads to; rows without a link are not stopped at. */
const rowLinks = (): HTMLElement[] => [...document.querySelectorAll<HTMLElement>('main .row-link th a, main .timeline .fact-permalink')].filter((link) => link.checkVisibility());

export const nextRow = (at: number, step: number, length: number): number => (at === -1 ? (step > 0 ? 0 : length - 1) : Math.min(length - 1, Math.max(0, at + step)));

const moveRow = (step: number): void => {
  const links = rowLinks();
  const at = links.findIndex((link) => link === document.activeElement);
  const link = links[nextRow(at, step, links.length)];
  link?.focus();
  link?.scrollIntoView({ block: 'nearest' });
};

const goTo = (key: string): boolean => {
  const door = [...openRooms(), ACCOUNT].find((room) => room.key === key);
  if (!door) return false;
  navigate(door.href);
  return true;
};

let firstKeyAt = -Infinity;

const SINGLE: Readonly<Record<string, (event: KeyboardEvent) => void>> = {
  '/': focusSearch,
  '?': () => { overlay.value = 'help'; },
  j: () => moveRow(1),
  k: () => moveRow(-1),
  // When it was pressed: a busy page may come to it late.
  g: ({ timeStamp }) => { firstKeyAt = timeStamp; },
};

const onKey = (event: KeyboardEvent): void => {
  const { key, ctrlKey, metaKey, altKey } = event;
  if (!areKeysOn.value || event.defaultPrevented || altKey || event.isComposing || isTyping(event.target) || document.querySelector('dialog[open]')) return;
  if (ctrlKey || metaKey) {
    if (key.toLowerCase() !== 'k') return;
    openPalette();
    return event.preventDefault();
  }
  const isSecond = event.timeStamp - firstKeyAt < SECOND_KEY_WITHIN_MS;
  firstKeyAt = -Infinity;
  if (isSecond && goTo(key)) return event.preventDefault();
  const act = SINGLE[key];
  if (!act) return;
  event.preventDefault();
  act(event);
};

/** For as long as somebody is signed in. */
export const listenToKeys = (): (() => void) => {
  addEventListener('keydown', onKey);
  return () => removeEventListener('keydown', onKey);
};
