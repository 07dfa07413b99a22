import type { Fact } from '../api/types.ts';

/** One list, newest first, each fact once, however often pages and the live stream brought it. */
export const mergeFacts = (...lists: readonly (readonly Fact[])[]): Fact[] => {
  const byId = new Map(lists.flat().map((fact) => [fact.id, fact]));
  return [...byId.values()].toSorted((a, b) => b.at.localeCompare(a.at) || (b.service ?? '').localeCompare(a.service ?? '') || b.position - a.position);
};

/** Which aggregates each kind is about; the hub is asked for these. */
export const CATEGORIES = {
  servers: ['server', 'order', 'group', 'credential', 'projectcloud', 'quota'],
  jobs: ['job', 'app', 'bundle'],
  runs: ['run', 'schedule'],
  agents: ['agent', 'enrolment'],
  access: ['user', 'session', 'project', 'invitation', 'serviceaccount', 'apitoken', 'secondfactor', 'identity', 'webhook'],
} as const;

export type Kind = keyof typeof CATEGORIES;
export const KINDS = Object.keys(CATEGORIES) as readonly Kind[];

const AGGREGATES = new Map<string, Kind>(KINDS.flatMap((kind) => CATEGORIES[kind].map((aggregate): [string, Kind] => [aggregate, kind])));

/** Undefined for what a newer service tells. */
export const kindOf = ({ stream }: Pick<Fact, 'stream'>): Kind | undefined => AGGREGATES.get(stream.slice(0, stream.indexOf('-')));

/** What is wanted of the timeline, as it stands in the address. */
export type Wanted = { readonly about?: string | undefined; readonly by?: string | undefined; readonly kind?: Kind | undefined; readonly text?: string | undefined };

export const wantedIn = (query: URLSearchParams): Wanted => ({
  about: query.get('about') || undefined, by: query.get('by') || undefined, text: query.get('text') || undefined, kind: KINDS.find((kind) => kind === query.get('kind')),
});

/** A word that is the whole name of a server means that server: few of its events have its name in them. */
export const meantBy = (wanted: Wanted, servers: readonly { readonly id: string; readonly name: string }[]): Wanted => {
  if (wanted.about !== undefined || !wanted.text) return wanted;
  const words = wanted.text.split(/\s+/).filter(Boolean);
  const server = servers.find(({ name }) => words.some((word) => word.toLowerCase() === name));
  return server ? { ...wanted, about: server.id, text: words.filter((word) => word.toLowerCase() !== server.name).join(' ') || undefined } : wanted;
};

/** The address of a room of events, and what the hub is asked, for the same wish. */
export const addressOf = (wanted: Wanted): string => {
  const query = new URLSearchParams(Object.entries(wanted).flatMap(([key, value]): [string, string][] => (value ? [[key, value]] : []))).toString();
  return query === '' ? '/events' : `/events?${query}`;
};

export const queryOf = ({ about, by, kind, text }: Wanted, projectId: string | undefined): string => {
  const asked = { projectId, about, actor: by, categories: kind && CATEGORIES[kind].join(','), text: text?.trim().slice(0, MOST_CHARACTERS) };
  return new URLSearchParams(Object.entries(asked).flatMap(([key, value]): [string, string][] => (value ? [[key, value]] : []))).toString();
};

const MOST_CHARACTERS = 200;
const MOST_WORDS = 5;

/** Whether a live fact is one of those that the hub would have given. */
export const isWanted = (fact: Fact, { about, by, kind, text }: Wanted): boolean => {
  if (about && fact.data['serverId'] !== about && !fact.stream.endsWith(`-${about}`)) return false;
  if (by && fact.actor.id !== by) return false;
  if (kind && kindOf(fact) !== kind) return false;
  const haystack = text ? `${fact.type} ${fact.stream} ${JSON.stringify(fact.data)}`.toLowerCase() : '';
  return (text ?? '').toLowerCase().split(/\s+/).filter(Boolean).slice(0, MOST_WORDS).every((word) => haystack.includes(word));
};

export type Day = { readonly day: string; readonly facts: readonly Fact[] };

/** In the reader's own days, in the order that the facts come in. */
export const byDay = (facts: readonly Fact[]): Day[] => {
  const days: { day: string; facts: Fact[] }[] = [];
  for (const fact of facts) {
    const day = new Date(fact.at).toDateString();
    const last = days.at(-1);
    if (last?.day === day) last.facts.push(fact);
    else days.push({ day, facts: [fact] });
  }
  return days;
};
