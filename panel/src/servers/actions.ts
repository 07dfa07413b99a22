/** What can be done with a server that is there, and what to say about it. No markup. */
import type { ActionRecord, Server } from '@citrus/contracts';
import type { LiveServer } from '../api/types.ts';
import { strings } from '../strings.ts';

export type PowerType = 'power-on' | 'power-off' | 'shutdown' | 'reboot' | 'power-cycle';

/** There is a droplet, and nobody is about to remove it. */
export const canAct = ({ provider, dropletRef, status }: Server): boolean =>
  provider !== 'none' && dropletRef !== null && (status === 'active' || status === 'initializing' || status === 'failed');

/** What makes sense as far as we know; the service decides. */
export const powerChoices = ({ power }: Server): readonly PowerType[] => {
  if (power === 'off') return ['power-on'];
  return power === 'on' ? ['reboot', 'shutdown', 'power-cycle', 'power-off'] : ['power-on', 'reboot', 'shutdown', 'power-cycle', 'power-off'];
};

/** These take what the system has not saved. */
export const needsConfirmation = (type: PowerType): boolean => type === 'power-off' || type === 'power-cycle';

export const runningText = ({ action }: LiveServer): string | undefined => action ? strings.actions.running(strings.actions.doing[action.type] ?? action.type) : undefined;

export const toneOf = ({ status }: ActionRecord): 'good' | 'bad' | 'quiet' | 'busy' =>
  status === 'succeeded' ? 'good' : status === 'failed' ? 'bad' : status === 'cancelled' ? 'quiet' : 'busy';

/** What was asked for, with its name or size. */
export const subjectOf = ({ action }: ActionRecord): string => {
  const words = strings.actions.doing[action.type] ?? action.type;
  const detail = 'name' in action ? action.name : 'size' in action ? action.size : 'image' in action ? action.image : '';
  return detail === '' ? words : `${words}: ${detail}`;
};
