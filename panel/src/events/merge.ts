import type { Fact } from '../api/types.ts';

/** One list, newest first, each fact once, however often pages and the live stream brought it. */
export const mergeFacts = (...lists: readonly (readonly Fact[])[]): Fact[] => {
  const byId = new Map(lists.flat().map((fact) => [fact.id, fact]));
  return [...byId.values()].toSorted((a, b) => b.at.localeCompare(a.at) || (b.service ?? '').localeCompare(a.service ?? '') || b.position - a.position);
};

export const KINDS = ['servers', 'jobs', 'agents', 'access', 'other'] as const;
export type Kind = (typeof KINDS)[number];

const AGGREGATES: Readonly<Record<string, Kind>> = {
  server: 'servers', order: 'servers', job: 'jobs', agent: 'agents', enrolment: 'agents', user: 'access', session: 'access', project: 'access', invitation: 'access', serviceaccount: 'access',
};

export const kindOf = ({ stream }: Fact): Kind => AGGREGATES[stream.slice(0, stream.indexOf('-'))] ?? 'other';
