/** What is called how, for sentences: from the lists of the rooms, and for what is gone from the facts themselves. */
import type { Fact } from '../api/types.ts';
import { useMembers } from '../people/use-members.ts';
import { useServers } from '../servers/use-servers.ts';
import { me } from '../session/me.ts';
import { jobNamesIn, serverNamesIn, type Names } from './sentences.ts';

export type Named = { readonly id: string; readonly name: string };

export const useNames = (facts: readonly Fact[], about?: Named): Names => {
  const servers = useServers().data.value?.items;
  const members = useMembers().data.value?.items;
  const told = serverNamesIn(facts);
  const jobs = jobNamesIn(facts);
  return {
    server: (id) => (about?.id === id ? about.name : servers?.find((server) => server.id === id)?.name ?? told.get(id)),
    job: (id) => jobs.get(id),
    person: (id) => (id === me.value?.userId ? me.value.name : members?.find((member) => member.userId === id)?.name),
  };
};
