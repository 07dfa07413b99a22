/** What an installer needs against what this server has: the check that agent-mgmt and the agent make, too. */
import { mayBeIgnored, preflight } from '@citrus/contracts/inputs';
import type { CheckedRequirement, Installer, Job } from '../api/types.ts';
import type { Machine } from '../servers/machine.ts';

/** Why an installer cannot run on a server at all, and what to do then. */
export type Obstacle = { readonly reason: string; readonly remedy: string };

/** As far as the agent's facts tell, until agent-mgmt has answered. */
export const requirementsOf = (installer: Installer, machine: Machine | undefined, action: Job['action'] = 'install'): CheckedRequirement[] =>
  preflight(installer, machine ?? {}, { action }).map((requirement) => ({ ...requirement, mayBeIgnored: mayBeIgnored(requirement) }));

/** What no answer changes. */
const OF_THE_MACHINE: readonly string[] = ['machine', 'system', 'system-version', 'architecture'];

export const obstacleOf = (installer: Installer, machine: Machine | undefined): Obstacle | undefined => {
  const unmet = requirementsOf(installer, machine).find(({ id, state }) => state === 'unmet' && OF_THE_MACHINE.includes(id));
  return unmet && { reason: `${unmet.text}.`, remedy: unmet.remedy };
};

/** What stands against it, whatever may be gone without being left out when somebody says so. */
export const unmetOf = (requirements: readonly CheckedRequirement[], isIgnored: boolean): CheckedRequirement[] =>
  requirements.filter((each) => each.state === 'unmet' && !(each.mayBeIgnored && isIgnored));
