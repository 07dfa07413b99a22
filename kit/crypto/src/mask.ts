/**
 * Takes secrets out of a stream of text, also where one is split over many pieces. What could be the beginning of a
 * secret is held back until the next piece shows whether it is. Matches that overlap or touch are masked as one.
 *
 * The work grows with the text, not with the number of secrets: a rolling hash of four characters says where one could
 * begin, and forms are cut into short pieces. Encoders break their output into lines; such a break is looked past.
 */
import { formsOf, SHORTEST_SECRET } from './mask-forms.ts';

export const MASK = '********';

const PREFIX = SHORTEST_SECRET;
const HASHES = 1 << 16;
/** Exactly the last four characters: what came before has been shifted out. */
const rolled = (hash: number, code: number): number => ((hash << 4) ^ code) & (HASHES - 1);
const hashOf = (text: string): number => [...Array(PREFIX).keys()].reduce((hash, index) => rolled(hash, text.charCodeAt(index)), 0);

/** So many characters of an encoding's alphabet before it make a line break one of an encoder's. */
const ENCODED_LINE = 32;
const ENCODED_END = /[A-Za-z0-9+/_=-]{32}$/;

type Span = { start: number; end: number };

class Patterns {
  readonly isEmpty: boolean;
  readonly #byPrefix = new Map<string, string[]>();
  readonly #shortPrefixes = new Set<string>();
  readonly #mayBegin = new Uint8Array(HASHES);
  readonly #longest: number;

  constructor(forms: readonly string[]) {
    this.isEmpty = forms.length === 0;
    this.#longest = forms.reduce((longest, form) => Math.max(longest, form.length), 0);
    for (const form of forms) {
      const prefix = form.slice(0, PREFIX);
      const others = this.#byPrefix.get(prefix);
      if (others) others.push(form);
      else this.#byPrefix.set(prefix, [form]);
      this.#mayBegin[hashOf(prefix)] = 1;
      for (let length = 1; length < PREFIX; length += 1) this.#shortPrefixes.add(prefix.slice(0, length));
    }
    for (const bucket of this.#byPrefix.values()) bucket.sort((one, other) => other.length - one.length);
  }

  /** Where forms stand in the text; those that overlap or touch are one. */
  spansIn(text: string): Span[] {
    const spans: Span[] = [];
    let hash = 0;
    for (let at = 0; at < text.length; at += 1) {
      hash = rolled(hash, text.charCodeAt(at));
      if (at < PREFIX - 1 || this.#mayBegin[hash] === 0) continue;
      const start = at - PREFIX + 1;
      const form = this.#byPrefix.get(text.slice(start, at + 1))?.find((each) => text.startsWith(each, start));
      if (form !== undefined) addSpan(spans, { start, end: start + form.length });
    }
    return spans;
  }

  /** Where the part begins that may turn out to be a secret once more text is there. */
  undecidedFrom(text: string): number {
    for (let from = Math.max(0, text.length - this.#longest + 1); from < text.length; from += 1) {
      const rest = text.slice(from);
      const mayGoOn = rest.length < PREFIX ? this.#shortPrefixes.has(rest) : (this.#byPrefix.get(rest.slice(0, PREFIX))?.some((form) => form.length > rest.length && form.startsWith(rest)) ?? false);
      if (mayGoOn) return from;
    }
    return text.length;
  }
}

const addSpan = (spans: Span[], span: Span): void => {
  const last = spans.at(-1);
  if (last && span.start <= last.end) last.end = Math.max(last.end, span.end);
  else spans.push(span);
};

/** Text without the line breaks of encoders, and where they stood. */
class Unbroken {
  #text = '';
  #breaks: number[] = [];
  #tail = '';

  get text(): string {
    return this.#text;
  }

  push(more: string): void {
    let from = 0;
    for (let at = more.indexOf('\n'); at !== -1; at = more.indexOf('\n', at + 1)) {
      const before = at - from >= ENCODED_LINE ? more.slice(at - ENCODED_LINE, at) : (this.#tail + more.slice(from, at)).slice(-ENCODED_LINE);
      const isEncoders = ENCODED_END.test(before);
      this.#text += more.slice(from, isEncoders ? at : at + 1);
      if (isEncoders) this.#breaks.push(this.#text.length);
      this.#tail = '';
      from = at + 1;
    }
    this.#text += more.slice(from);
    this.#tail = (this.#tail + more.slice(from)).slice(-ENCODED_LINE);
  }

  /** The text from `start` to before `end` with its line breaks; `atEnd`: also with the one that stands at `end`. */
  slice(start: number, end: number, atEnd: boolean): string {
    let out = '';
    let at = start;
    for (const place of this.#breaks) {
      if (place < start || place > end || (place === end && !atEnd)) continue;
      out += `${this.#text.slice(at, place)}\n`;
      at = place;
    }
    return out + this.#text.slice(at, end);
  }

  drop(upTo: number, isEnd: boolean): string {
    const left = isEnd ? this.#breaks.filter((place) => place >= upTo).map(() => '\n').join('') : '';
    this.#text = this.#text.slice(upTo);
    this.#breaks = isEnd ? [] : this.#breaks.filter((place) => place >= upTo).map((place) => place - upTo);
    return left;
  }
}

export type Masker = { readonly push: (text: string) => string; readonly end: () => string };
export type Masking = {
  /** For one stream of text. */
  readonly stream: () => Masker;
  /** For a text that is whole. */
  readonly mask: (text: string) => string;
};

const createStream = (patterns: Patterns): Masker => {
  const held = new Unbroken();
  /** What was released last was a mask, and nothing after it. */
  let endedMasked = false;
  const release = (upTo: number, spans: readonly Span[], isEnd: boolean): string => {
    let out = '';
    let at = 0;
    for (const { start, end } of spans) {
      if (start >= upTo) break;
      // A mask that goes on where the last one ended is the same one, however the text was cut.
      if (!(endedMasked && start === 0)) out += held.slice(at, start, true) + MASK;
      at = end;
    }
    const released = Math.max(at, upTo);
    out += held.slice(at, released, false);
    if (released > 0) endedMasked = at === released;
    return out + held.drop(released, isEnd);
  };
  return {
    push: (text) => {
      held.push(text);
      const spans = patterns.spansIn(held.text);
      const undecided = patterns.undecidedFrom(held.text);
      // A match that reaches into the undecided part waits with it: the two may be one.
      const straddling = spans.find((span) => span.start < undecided && span.end > undecided);
      return release(straddling?.start ?? undecided, spans, false);
    },
    end: () => release(held.text.length, patterns.spansIn(held.text), true),
  };
};

/** Getting ready takes longer than masking a line, so it is done once for a set of secrets. */
export const createMasking = (secrets: readonly string[]): Masking => {
  const patterns = new Patterns(formsOf(secrets));
  if (patterns.isEmpty) return { stream: () => ({ push: (text) => text, end: () => '' }), mask: (text) => text };
  const stream = () => createStream(patterns);
  return {
    stream,
    mask: (text) => {
      const masker = stream();
      return masker.push(text) + masker.end();
    },
  };
};
