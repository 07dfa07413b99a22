/**
 * Takes out of a text what a terminal would obey instead of showing it: cursor moves, window titles, clipboards, links,
 * a bell, a backspace that hides what stood there. Colours stay, and the line ends. NUL is shown as a broken character.
 * Nothing can hide a secret from the masking behind it by putting such things between its letters.
 */
// oxlint-disable no-control-regex -- control characters are what this is about

const ESC = '\u001b';
/** Nothing of this in a text: the usual case, decided at once. */
const HARMFUL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/;
/** Colours; any other control sequence; a string for the terminal up to its end; a two-letter sequence. */
const SEQUENCE = /^(?:(\u001b\[[0-9;:]*m)|\u001b\[[0-?]*[ -/]*[@-~]|\u001b[\]PX^_][^\u0007\u001b\u009c]*(?:\u0007|\u001b\\|\u009c)|\u001b[ -/]*[0-OQ-WYZ\\`-~])/;
/** A sequence that is longer than this is none. */
const LONGEST = 4096;

/** What is left of one character that is not printed. */
const shown = (character: string): string => (character === '\0' ? '\u{fffd}' : '');

/** The text up to a sequence that may not have ended yet, and that. */
const clean = (text: string): { readonly text: string; readonly rest: string } => {
  let out = '';
  for (let at = 0; at < text.length; ) {
    const next = text.slice(at).search(HARMFUL);
    if (next === -1) return { text: out + text.slice(at), rest: '' };
    out += text.slice(at, at + next);
    at += next;
    const character = text[at] ?? '';
    const sequence = character === ESC ? SEQUENCE.exec(text.slice(at, at + LONGEST)) : undefined;
    if (character === ESC && !sequence && text.length - at < LONGEST) return { text: out, rest: text.slice(at) };
    out += sequence ? (sequence[1] ?? '') : shown(character);
    at += sequence ? sequence[0].length : 1;
  }
  return { text: out, rest: '' };
};

/** `push` gets whatever arrived, in any cut; a sequence that never ends is not shown. */
export const createTerminalFilter = () => {
  let rest = '';
  return {
    push: (more: string): string => {
      const text = rest + more;
      if (!HARMFUL.test(text)) {
        rest = '';
        return text;
      }
      const cleaned = clean(text);
      rest = cleaned.rest;
      return cleaned.text;
    },
  };
};
