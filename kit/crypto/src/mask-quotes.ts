/** A text in the quotes of shells and of JSON, as programs write them. */

const C_ESCAPES: Readonly<Record<string, string>> = { '\u{7}': String.raw`\a`, '\b': String.raw`\b`, '\u{1b}': String.raw`\E`, '\f': String.raw`\f`, '\n': String.raw`\n`, '\r': String.raw`\r`, '\t': String.raw`\t`, '\v': String.raw`\v`, '\\': String.raw`\\`, "'": String.raw`\'` };
const octal = (byte: number): string => `\\${byte.toString(8).padStart(3, '0')}`;
const isPrintable = (character: string): boolean => character >= ' ' && character !== '\u{7f}';

/** `$'…'` of bash: with the bytes of other alphabets as they are, and (its locale is C in a job) as octal numbers. */
const ansiC = (text: string): string[] => {
  const escape = (isPlain: (character: string) => boolean) =>
    Array.from(text, (character) => C_ESCAPES[character] ?? (isPlain(character) ? character : Array.from(Buffer.from(character), octal).join(''))).join('');
  return [escape(isPrintable), escape((character) => isPrintable(character) && character <= '~')];
};

/** As bash's `printf %q` and `set -x` put a backslash before what would mean something. */
const backslashed = (text: string): string => text.replaceAll(/[\t !"$&'()*,;<>?[\\\]^`{|}]/g, String.raw`\$&`);

export const shellForms = (text: string): string[] => [
  text.replaceAll("'", String.raw`'\''`), // bash
  text.replaceAll("'", `'"'"'`), // dash
  text.replaceAll("'", String.raw`'"'"'`),
  text.replaceAll(/["$`\\]/g, String.raw`\$&`), // "…"
  text.replaceAll(/["$`\\!]/g, String.raw`\$&`),
  backslashed(text),
  backslashed(text).replace(/^[#~]/, String.raw`\$&`),
  ...ansiC(text),
];

/** Unit by unit, so that a character outside the first 65,536 becomes its surrogate pair. */
const unicodeEscaped = (json: string): string => json.replaceAll(/[^\0-~]/g, (unit) => String.raw`\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);

const inJson = (text: string): string => JSON.stringify(text).slice(1, -1);

/** As JavaScript, Python and PHP write it, and a second time inside a text that is JSON itself. */
export const jsonForms = (text: string): string[] => {
  const json = inJson(text);
  return [json, unicodeEscaped(json), json.replaceAll('/', String.raw`\/`), unicodeEscaped(json).replaceAll('/', String.raw`\/`)].flatMap((form) => [form, inJson(form)]);
};
