/** A moment is an instant or a place; a place means something only in the log that the thing is folded from. */
import type { LoggedService, Subject } from '@citrus/contracts';
import { usageFailure } from '../failure.ts';

const LOG_OF: Readonly<Record<Subject, LoggedService>> = { server: 'provisioning', job: 'agent-mgmt', agent: 'agent-mgmt', run: 'agent-mgmt', schedule: 'agent-mgmt', bundle: 'agent-mgmt' };

/** @throws CliFailure when it is a place in another log */
export const momentIn = (of: Subject, moment: string): string => {
  const logs = moment.endsWith('Z') ? undefined : moment.split(',').map((place) => place.slice(0, place.lastIndexOf(':')));
  const log = LOG_OF[of];
  if (logs && !logs.includes(log)) throw usageFailure(`${moment} is not a place in the log of ${of}s`, `Theirs is that of ${log}: write ${log}:<position>, or a time.`);
  return moment;
};
