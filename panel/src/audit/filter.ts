/** What of the audit is asked for, as an address. */
import type { AuditRecord } from '@citrus/contracts';

export type Scope = 'project' | 'installation';
export type Filter = { readonly outcome: AuditRecord['outcome'] | ''; readonly action: string; readonly actor: string; readonly from: string; readonly to: string };

export const NO_FILTER: Filter = { outcome: '', action: '', actor: '', from: '', to: '' };
const PAGE = 50;
const DAY_MS = 86_400_000;

/** A day of the calendar where one is, as the moment it begins; `to` means the whole of its last day. */
const instantOf = (day: string, isEnd: boolean): string => {
  const begin = new Date(`${day}T00:00:00`).getTime();
  return Number.isNaN(begin) ? '' : new Date(begin + (isEnd ? DAY_MS : 0)).toISOString();
};

export const pathOf = (scope: Scope, { from, to, ...rest }: Filter): string => {
  const wanted = Object.entries({ ...rest, action: rest.action.trim(), from: instantOf(from, false), to: instantOf(to, true) }).filter(([, value]) => value !== '');
  return `${scope === 'installation' ? '/api/audit/installation' : '/api/audit'}?${new URLSearchParams([['limit', String(PAGE)], ...wanted]).toString()}`;
};
