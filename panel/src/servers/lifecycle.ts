/** A server's life as four steps, told by its status and, for times and the failed step, by its facts. */
import type { Fact, LiveServer } from '../api/types.ts';

const PHASES = ['creating', 'provisioning', 'initializing', 'active'] as const;
type Phase = (typeof PHASES)[number];
export type LifeStep = { readonly phase: Phase; readonly state: 'done' | 'current' | 'waiting' | 'failed'; readonly since?: string; readonly until?: string };

/** Which fact begins which phase; a retry begins the first one again. */
const BEGINS: Readonly<Record<string, Phase>> = {
  ServerRequested: 'creating', RetryRequested: 'creating', DropletAccepted: 'provisioning', DropletReady: 'initializing', JoinOpened: 'initializing', ServerActivated: 'active',
};

/** A machine that joins was made before; it is only waited for. */
const JOINING = ['initializing', 'active'] as const;

const isPhase = (value: unknown): value is Phase => PHASES.some((phase) => phase === value);

/** Where it stopped, from what it already has, when its facts are not at hand. */
const reachedBy = (server: LiveServer): Phase => {
  if (server.agentId) return 'active';
  if (server.ipAddress) return 'initializing';
  return server.dropletRef ? 'provisioning' : 'creating';
};

const stoppedAt = (server: LiveServer, facts: readonly Fact[]): Phase => {
  const step = facts.findLast(({ type }) => type === 'ServerFailed')?.data['step'];
  if (isPhase(step)) return step;
  return step === 'deleting' ? 'active' : reachedBy(server);
};

const beginnings = (facts: readonly Fact[]): Map<Phase, string> => {
  const since = new Map<Phase, string>();
  for (const { type, at } of facts) {
    const phase = BEGINS[type];
    if (!phase) continue;
    since.set(phase, at);
    for (const later of PHASES.slice(PHASES.indexOf(phase) + 1)) since.delete(later);
  }
  return since;
};

const currentPhase = (server: LiveServer, facts: readonly Fact[]): Phase => {
  if (isPhase(server.status)) return server.status;
  return server.status === 'failed' ? stoppedAt(server, facts) : reachedBy(server);
};

/** `facts`: the server's own, oldest first. */
export const lifeSteps = (server: LiveServer, facts: readonly Fact[]): LifeStep[] => {
  const at = PHASES.indexOf(currentPhase(server, facts));
  const since = beginnings(facts);
  return (server.provider === 'none' ? JOINING : PHASES).map((phase) => {
    const index = PHASES.indexOf(phase);
    const reached = server.status === 'failed' ? 'failed' : phase === 'active' ? 'done' : 'current';
    const next = PHASES[index + 1];
    const [begin, end] = [since.get(phase), next && since.get(next)];
    return {
      phase,
      state: index < at ? 'done' : index === at ? reached : 'waiting',
      ...(begin && index <= at ? { since: begin } : {}),
      ...(end && index < at ? { until: end } : {}),
    };
  });
};
