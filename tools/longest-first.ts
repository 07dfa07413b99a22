/**
 * The order of test files: those that are known to take long come first, so that the last minutes of a run are shared by
 * all workers. A file that is not listed comes where vitest puts it, which knows nothing of a machine that is new.
 */
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const root = fileURLToPath(new URL('..', import.meta.url));

/** In seconds, on a quiet machine with two cores; only which is longer counts. */
export const SECONDS: Readonly<Record<string, number>> = {
  'e2e/canary.e2e.spec.ts': 150,
  'e2e/history.e2e.spec.ts': 213,
  'e2e/people.e2e.spec.ts': 180,
  'e2e/chaos-provisioning.e2e.spec.ts': 176,
  'e2e/authorisation.e2e.spec.ts': 110,
  'e2e/refusals.e2e.spec.ts': 99,
  'e2e/second-factor.e2e.spec.ts': 96,
  'e2e/join.e2e.spec.ts': 93,
  'e2e/restart.e2e.spec.ts': 66,
  'tools/local-cloud/src/driver/droplet-life.int.spec.ts': 100,
  'agent/src/jobs.int.spec.ts': 50,
  'services/agent-mgmt/src/job/hostile-agent.int.spec.ts': 45,
  'agent/src/journal-steps.int.spec.ts': 25,
  'services/auth/src/user/erase-user.int.spec.ts': 25,
  'services/auth/src/nats-credentials/hostile-agent.int.spec.ts': 15,
  'services/auth/src/session/ways-in.int.spec.ts': 45,
  'services/auth/src/enrolment/agent-trust.int.spec.ts': 15,
  'services/provisioning/src/action/day-two.int.spec.ts': 65,
  'services/agent-mgmt/src/job/kill.int.spec.ts': 40,
  'services/auth/src/oidc/oidc.int.spec.ts': 35,
  'services/provisioning/src/provisioning.int.spec.ts': 52,
  'services/provisioning/src/fleet-view/thousand-servers.int.spec.ts': 44,
  'services/auth/src/session/sessions.int.spec.ts': 20,
  'services/provisioning/src/group/group.int.spec.ts': 32,
};

/** Stable: files of which nothing is known stay in the order in which they come. */
export const longestFirst = <File>(files: readonly File[], secondsOf: (file: File) => number | undefined): File[] => files.toSorted((a, b) => (secondsOf(b) ?? 0) - (secondsOf(a) ?? 0));

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return longestFirst(await super.sort(files), ({ moduleId }) => SECONDS[relative(root, moduleId)]);
  }
}
