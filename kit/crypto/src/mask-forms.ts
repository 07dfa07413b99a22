/**
 * How a secret may look after a program has printed it in its own way: as it is, in quotes of a shell (also those of
 * `set -x`), in JSON, URL-encoded, as base64 in the middle of a longer text, as hex. All forms are texts to look for;
 * ADR 0013 says which are not known, and why.
 */
import { jsonForms, shellForms } from './mask-quotes.ts';

/** Shorter ones cannot be masked without masking half of the log; `checkInputs` refuses them before. */
export const SHORTEST_SECRET = 4;
/** A form is looked for in pieces of this length, so that what is held back, and the work, does not grow with it. */
const PIECE = 128;

/** Which characters an encoder leaves alone; they differ. */
const UNRESERVED = [
  /[A-Za-z0-9_.!~*'()-]/, // encodeURIComponent
  /[A-Za-z0-9_.!~*'();/?:@&=+$,#-]/, // encodeURI
  /[A-Za-z0-9_.~-]/, // curl, jq, RFC 3986
  /[A-Za-z0-9_.~/-]/, // Python's quote
  /[A-Za-z0-9*._-]/, // forms
  /[^\s\S]/, // everything
];

const urlForms = (bytes: Buffer): string[] =>
  UNRESERVED.flatMap((unreserved) => {
    const encode = (hex: (byte: number) => string) => Array.from(bytes, (byte) => (byte < 0x80 && unreserved.test(String.fromCharCode(byte)) ? String.fromCharCode(byte) : hex(byte))).join('');
    const lower = encode((byte) => `%${byte.toString(16).padStart(2, '0')}`);
    const upper = encode((byte) => `%${byte.toString(16).padStart(2, '0').toUpperCase()}`);
    return [lower, upper, lower.replaceAll('%20', '+'), upper.replaceAll('%20', '+')];
  });

/** The characters that are the secret's alone, wherever in the encoded text it begins; and with the end of the text. */
const base64Forms = (bytes: Buffer): string[] =>
  [0, 1, 2].flatMap((offset) => {
    const text = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64').replace(/=+$/, '');
    const begin = Math.ceil((offset * 8) / 6);
    const whole = text.slice(begin);
    const inside = text.slice(begin, Math.floor(((offset + bytes.length) * 8) / 6));
    return [whole, inside].flatMap((form) => [form, form.replaceAll('+', '-').replaceAll('/', '_')]);
  });

const hexForms = (bytes: Buffer): string[] => {
  const pairs = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0'));
  const joined = [pairs.join(''), pairs.join(' '), pairs.join(':'), pairs.map((pair) => String.raw`\x${pair}`).join('')];
  return joined.flatMap((form) => [form, form.toUpperCase()]);
};

const htmlForm = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;').replaceAll("'", '&#39;');

/** A secret of several lines, such as a key, may be printed line by line. */
const linesOf = (secret: string): string[] => {
  const lines = secret.split(/\r?\n/);
  return lines.length === 1 ? [] : lines.map((line) => line.trim());
};

/** Bash in a job has the C locale: it knows the letters of ASCII only. */
const inOtherCases = (text: string): string[] => [
  text.toUpperCase(), text.toLowerCase(), text.replaceAll(/[a-z]/g, (letter) => letter.toUpperCase()), text.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase()),
];

/** What a shell makes of a variable without quotes. */
const unquoted = (text: string): string => text.trim().split(/[ \t\n]+/).join(' ');

/** In pieces of one length, the last one reaching back into the one before. */
const cut = (form: string): string[] => {
  if (form.length <= 2 * PIECE) return [form];
  const count = Math.floor(form.length / PIECE);
  return Array.from({ length: count }, (_, index) => (index === count - 1 ? form.slice(index * PIECE) : form.slice(index * PIECE, (index + 1) * PIECE)));
};

const writtenForms = (text: string): string[] => [text, ...jsonForms(text), ...shellForms(text), ...urlForms(Buffer.from(text)), htmlForm(text)];

/** Every text that gives one of the secrets away, longest forms cut into pieces. Secrets that are too short are left out. */
export const formsOf = (secrets: readonly string[]): string[] => {
  const forms = new Set<string>();
  const add = (form: string) => {
    if (form.length >= SHORTEST_SECRET) for (const piece of cut(form)) forms.add(piece);
  };
  for (const secret of secrets) {
    // A lone half of a surrogate pair leaves the shell as U+FFFD.
    const text = secret.toWellFormed();
    if (text.trim().length < SHORTEST_SECRET) continue;
    for (const part of [text, text.trim(), unquoted(text), ...linesOf(text)]) {
      for (const written of writtenForms(part)) for (const form of [written, ...inOtherCases(written)]) add(form);
      if (part.length >= SHORTEST_SECRET) for (const form of [...base64Forms(Buffer.from(part)), ...hexForms(Buffer.from(part))]) add(form);
    }
  }
  return [...forms];
};
