/** Ends invitations that have grown too old, so that the address is forgotten also where nobody opens the link again. Every replica does it; once is enough. */
import type { Clock } from '@citrus/kit-domain';
import type { EventStore } from '@citrus/kit-event-store';
import type { Logger } from '@citrus/kit-messaging';
import { byAuth, contextOf } from '../command-context.ts';
import type { Forget } from '../user/forget.ts';
import { endInvitation } from './invitations.ts';
import type { InvitationList } from './invitations.store.ts';

const AT_ONCE = 100;
const EVERY_MS = 60_000;

type Parts = { readonly store: EventStore; readonly list: Pick<InvitationList, 'tooOld'>; readonly forget: Forget; readonly clock: Clock; readonly logger: Logger };

export const expireInvitations = async (parts: Parts): Promise<number> => {
  const due = await parts.list.tooOld(parts.clock(), AT_ONCE);
  for (const invitationId of due) await endInvitation(parts, { invitationId, reason: 'expired' }, contextOf({ correlationId: `expire-invitation-${invitationId}` }, byAuth));
  return due.length;
};

export const startExpiringInvitations = (parts: Parts): { stop(): Promise<void> } => {
  let round: Promise<unknown> = Promise.resolve();
  let isRunning = false;
  const run = async () => {
    isRunning = true;
    try {
      await expireInvitations(parts);
    } catch (error) {
      parts.logger.warn({ err: error }, 'invitations that are too old could not be ended; it is tried again in a minute');
    } finally {
      isRunning = false;
    }
  };
  const timer = setInterval(() => {
    if (!isRunning) round = run();
  }, EVERY_MS);
  return {
    stop: async () => {
      clearInterval(timer);
      await round;
    },
  };
};
