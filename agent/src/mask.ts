/**
 * Takes secrets out of a stream of text, also where one is split over many pieces. What could be the beginning of a
 * secret is held back until the next piece shows whether it is. Matches that overlap are masked as one.
 */
export const MASK = '********';

const shellQuoted = (secret: string): string => secret.replaceAll("'", String.raw`'\''`);
/** How a secret may look after a program has printed it in its own way. */
const formsOf = (secret: string): string[] => {
  const json = JSON.stringify(secret).slice(1, -1);
  const url = encodeURIComponent(secret.toWellFormed());
  const base64 = Buffer.from(secret).toString('base64');
  const lines = secret.split(/\r?\n/).filter((line) => line.trim().length >= SHORTEST_LINE);
  return [secret, json, url, url.replaceAll('%20', '+'), base64, base64.replace(/=+$/, ''), Buffer.from(secret).toString('base64url'), Buffer.from(secret).toString('hex'), shellQuoted(secret), ...lines];
};
/** A line of a secret of several lines, such as a key, is a secret too, unless it is next to nothing. */
const SHORTEST_LINE = 6;

type Span = { start: number; end: number };

const spansIn = (text: string, patterns: readonly string[]): Span[] => {
  const spans: Span[] = [];
  for (const pattern of patterns) {
    for (let at = text.indexOf(pattern); at !== -1; at = text.indexOf(pattern, at + 1)) spans.push({ start: at, end: at + pattern.length });
  }
  spans.sort((a, b) => a.start - b.start);
  const merged: Span[] = [];
  for (const span of spans) {
    const last = merged.at(-1);
    if (last && span.start < last.end) last.end = Math.max(last.end, span.end);
    else merged.push({ ...span });
  }
  return merged;
};

/** Where the part begins that may turn out to be a secret once more text is there. */
const undecidedFrom = (text: string, patterns: readonly string[]): number => {
  let from = text.length;
  for (const pattern of patterns) {
    const first = pattern[0] ?? '';
    for (let at = text.indexOf(first, Math.max(0, text.length - pattern.length + 1)); at !== -1 && at < from; at = text.indexOf(first, at + 1)) {
      if (pattern.startsWith(text.slice(at))) from = at;
    }
  }
  return from;
};

export type Masker = { readonly push: (text: string) => string; readonly end: () => string };

export const createMasker = (secrets: readonly string[]): Masker => {
  const patterns = [...new Set(secrets.filter((secret) => secret !== '').flatMap(formsOf))];
  let held = '';
  const release = (upTo: number, spans: readonly Span[]): string => {
    let out = '';
    let at = 0;
    for (const span of spans) {
      if (span.start >= upTo) break;
      out += held.slice(at, span.start) + MASK;
      at = span.end;
    }
    out += held.slice(at, Math.max(at, upTo));
    held = held.slice(Math.max(at, upTo));
    return out;
  };
  return {
    push: (text) => {
      if (patterns.length === 0) return text;
      held += text;
      const spans = spansIn(held, patterns);
      const undecided = undecidedFrom(held, patterns);
      // A match that reaches into the undecided part waits with it: the two may be one.
      const straddling = spans.find((span) => span.start < undecided && span.end > undecided);
      return release(straddling?.start ?? undecided, spans);
    },
    end: () => release(held.length, spansIn(held, patterns)),
  };
};
