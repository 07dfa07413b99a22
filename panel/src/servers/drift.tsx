/** What the last comparison with the cloud found about servers of the project. */
import type { Finding, FleetReport } from '@citrus/contracts';
import { useResource } from '../live/resource.ts';
import { may } from '../session/rights.ts';
import { strings } from '../strings.ts';
import { Badge } from '../ui/badge.tsx';

const EVERY_MS = 60_000;

export const useFindings = (): readonly Finding[] => useResource<FleetReport>(may('viewer') ? '/api/reconcile' : undefined, { everyMs: EVERY_MS }).data.value?.findings ?? [];

/** Nothing for a server that is as it should be. */
export const DriftBadge = ({ serverId, findings }: { serverId: string; findings: readonly Finding[] }) => {
  const found = findings.filter((finding) => finding.serverId === serverId);
  return found.length === 0 ? null : <span title={found.map(({ text }) => text).join('\n')}><Badge tone="warn">{strings.servers.drifted}</Badge></span>;
};
