/** Which jobs are listed, as an address. */
import type { JobStatus } from '../api/types.ts';

export type JobFilter = { readonly status: JobStatus | ''; readonly installer: string; readonly serverId: string; readonly search: string };

export const NO_JOB_FILTER: JobFilter = { status: '', installer: '', serverId: '', search: '' };
const PAGE = 50;

export const jobsPath = (filter: JobFilter): string => {
  const wanted = Object.entries({ ...filter, search: filter.search.trim().slice(0, 100) }).filter(([, value]) => value !== '');
  return `/api/jobs?${new URLSearchParams([['limit', String(PAGE)], ...wanted]).toString()}`;
};

export const isNarrowed = (filter: JobFilter): boolean => Object.values(filter).some((value) => value.trim() !== '');
