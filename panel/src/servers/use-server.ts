/** One server and its jobs, for the rooms about it. */
import type { Fact, Job, LiveServer, Page } from '../api/types.ts';
import { useResource } from '../live/resource.ts';
import { strings } from '../strings.ts';

export const TO_SERVERS = { text: strings.servers.title, href: '/servers' };

export const isAbout = (serverId: string) => (fact: Fact): boolean => fact.data['serverId'] === serverId || fact.stream.endsWith(serverId);

export const useServer = (serverId: string) => useResource<LiveServer>(`/api/servers/${serverId}`, { touchedBy: isAbout(serverId), everyMs: 10_000 });
export const useServerJobs = (serverId: string) =>
  useResource<Page<Job>>(`/api/jobs?serverId=${serverId}&limit=200`, { touchedBy: (fact) => fact.stream.startsWith('job-') });
