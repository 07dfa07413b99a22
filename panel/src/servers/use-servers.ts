/** The servers of the project, for rooms that need their names. The room of servers itself reads all of them: use-fleet.ts. */
import type { LiveServer, Page } from '../api/types.ts';
import { useResource } from '../live/resource.ts';
import { may } from '../session/rights.ts';

/** Presence is no fact, so the list is also read every few seconds. */
export const useServers = () => useResource<Page<LiveServer>>(may('viewer') ? '/api/servers?limit=200' : undefined, {
  touchedBy: ({ stream }) => stream.startsWith('server-') || stream.startsWith('agent-'),
  everyMs: 10_000,
});
