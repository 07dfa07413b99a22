/** What a server's machine is in truth: its agent has looked; image and size are only what was ordered. */
import type { Agent, Page } from '../api/types.ts';
import { useResource } from '../live/resource.ts';

export type Machine = NonNullable<Agent['facts']>;

export const useAgents = (serverId: string) =>
  useResource<Page<Agent>>(`/api/agents?serverId=${serverId}`, { touchedBy: ({ stream }) => stream.startsWith('agent-') });

/** Undefined until its agent has reported in. */
export const machineOf = (agents: Page<Agent> | undefined): Machine | undefined => agents?.items[0]?.facts ?? undefined;
