/** What the filter over the table means: the language of runs, and a bare word that names nobody finds names that hold it. */
import { asksForLabels, FilterFault, matchesFilter, parseServerFilter, type FilteredServer } from '@citrus/contracts/inputs';

export type Filtered<Server> = {
  readonly shown: readonly Server[];
  /** What is meant, in the language; a run can be begun with it. */
  readonly filter: string;
  /** What is wrong, and where, from 0. */
  readonly fault?: { readonly message: string; readonly position: number };
  /** It was written otherwise, and named nobody. */
  readonly isWidened: boolean;
};

export const ALL = '*';
const BARE_WORD = /^[A-Za-z0-9_.-]+$/;

/** Undefined while a filter cannot be read, or is empty. */
const parsed = (text: string) => {
  try {
    return { filter: parseServerFilter(text) };
  } catch (error) {
    if (!(error instanceof FilterFault)) throw error;
    return { fault: { message: error.message, position: error.position } };
  }
};

/** Labels are the agents': whoever asks for them has to have them. */
export const needsLabels = (text: string): boolean => {
  const { filter } = parsed(text);
  return filter !== undefined && asksForLabels(filter);
};

export const filterServers = <Server extends FilteredServer>(servers: readonly Server[], written: string, labelsOf: (serverId: string) => readonly string[] = () => []): Filtered<Server> => {
  const text = written.trim();
  if (text === '') return { shown: servers, filter: ALL, isWidened: false };
  const find = (what: string): readonly Server[] => {
    const { filter } = parsed(what);
    return filter ? servers.filter((server) => matchesFilter(filter, { ...server, labels: labelsOf(server.id) })) : [];
  };
  const { fault } = parsed(text);
  if (fault) return { shown: [], filter: text, fault, isWidened: false };
  const exact = find(text);
  if (exact.length > 0 || !BARE_WORD.test(text)) return { shown: exact, filter: text, isWidened: false };
  const wide = `*${text}*`;
  return { shown: find(wide), filter: wide, isWidened: true };
};

const LONGEST = 1000;

/** A filter that means just these; undefined when their names do not fit into one. */
export const filterOfNames = (names: readonly string[]): string | undefined => {
  const text = names.join();
  return names.length > 0 && text.length <= LONGEST ? text : undefined;
};
