/**
 * Which servers are meant, in one line: `tag:web+prod region:fra1 !name:web3`. Parts stand side by side and must all hold;
 * a comma between values is "or", a plus is "and", `!` before a part turns it round. One implementation for API, panel and
 * command line; the reference is docs/reference/server-filter.md, whose examples are run as tests. Matching takes time in
 * proportion to the text: no regular expression is made of what somebody typed.
 */
export const FILTER_FIELDS = ['name', 'tag', 'region', 'size', 'image', 'status', 'id', 'label'] as const;
export type FilterField = (typeof FILTER_FIELDS)[number];

/** What a filter looks at. */
export type FilteredServer = { readonly id: string; readonly name: string; readonly tags: readonly string[]; readonly region: string; readonly size: string; readonly image: string; readonly status: string; /** `canary`, `env` and `env=prod`; of its agent. */ readonly labels?: readonly string[] };

/** One part: any of the groups holds, and a group holds when each of its values does. */
type Part = { readonly isNegated: boolean; readonly field: FilterField; readonly anyOf: readonly (readonly string[])[] };
export type ServerFilter = { readonly parts: readonly Part[] };

/** What is wrong with a filter. `position` counts characters from 0. */
export class FilterFault extends Error {
  readonly position: number;

  constructor(message: string, position: number) {
    super(message);
    this.position = position;
  }
}

export const LONGEST_FILTER = 1000;
const VALUE = /^[A-Za-z0-9_.:=*-]$/;
const isField = (text: string): text is FilterField => (FILTER_FIELDS as readonly string[]).includes(text);

/** Reads from left to right and says where it stopped. */
class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get position(): number {
    return this.#at;
  }

  get next(): string | undefined {
    return this.#text[this.#at];
  }

  takes(character: string): boolean {
    if (this.next !== character) return false;
    this.#at += 1;
    return true;
  }

  skipSpaces(): void {
    while (this.takes(' '));
  }

  /** `region` of `region:fra1`; undefined when no field stands here. */
  field(): FilterField | undefined {
    const end = this.#text.indexOf(':', this.#at);
    const word = end < 0 ? '' : this.#text.slice(this.#at, end);
    if (!/^[a-z]+$/i.test(word)) return undefined;
    if (!isField(word)) throw new FilterFault(`there is no field "${word}"; there are ${FILTER_FIELDS.join(', ')}`, this.#at);
    this.#at = end + 1;
    return word;
  }

  value(): string {
    const from = this.#at;
    while (this.next !== undefined && VALUE.test(this.next)) this.#at += 1;
    if (this.#at === from) throw new FilterFault(this.next === undefined ? 'a value is missing at the end' : `a value cannot hold "${this.next}"`, from);
    return this.#text.slice(from, this.#at).toLowerCase();
  }
}

const readPart = (reader: Reader): Part => {
  const isNegated = reader.takes('!');
  const field = reader.field() ?? 'name';
  const anyOf: string[][] = [];
  do {
    const all = [reader.value()];
    while (reader.takes('+')) all.push(reader.value());
    anyOf.push(all);
  } while (reader.takes(','));
  if (reader.next !== undefined && reader.next !== ' ') throw new FilterFault(`a value cannot hold "${reader.next}"`, reader.position);
  return { isNegated, field, anyOf };
};

/** @throws FilterFault */
export const parseServerFilter = (text: string): ServerFilter => {
  if (text.length > LONGEST_FILTER) throw new FilterFault(`a filter has at most ${LONGEST_FILTER} characters`, LONGEST_FILTER);
  const reader = new Reader(text);
  const parts: Part[] = [];
  reader.skipSpaces();
  while (reader.next !== undefined) {
    parts.push(readPart(reader));
    reader.skipSpaces();
  }
  if (parts.length === 0) throw new FilterFault('nothing is asked for; * means all servers', 0);
  return { parts };
};

/** `*` stands for any characters. Each piece between stars is looked for once, from left to right. */
const isLike = (pattern: string, text: string): boolean => {
  const [first = '', ...rest] = pattern.split('*');
  const last = rest.pop();
  if (last === undefined) return pattern === text;
  if (!text.startsWith(first) || !text.endsWith(last) || text.length < first.length + last.length) return false;
  let from = first.length;
  const end = text.length - last.length;
  for (const piece of rest) {
    const found = text.indexOf(piece, from);
    if (found < 0 || found + piece.length > end) return false;
    from = found + piece.length;
  }
  return true;
};

const valuesOf = (server: FilteredServer, field: FilterField): readonly string[] => {
  if (field === 'tag') return server.tags;
  return field === 'label' ? (server.labels ?? []) : [server[field]];
};

/** Labels are the agents', not the servers': whoever matches has to look for them only if they are asked for. */
export const asksForLabels = ({ parts }: ServerFilter): boolean => parts.some(({ field }) => field === 'label');

export const matchesFilter = ({ parts }: ServerFilter, server: FilteredServer): boolean =>
  parts.every(({ isNegated, field, anyOf }) => {
    const values = valuesOf(server, field).map((value) => value.toLowerCase());
    return isNegated !== anyOf.some((all) => all.every((pattern) => values.some((value) => isLike(pattern, value))));
  });
