/** The read model `server_actions`: one row for everything that was ever asked of a server, and what became of it. */
import type { ActionStatus, ServerAction } from '@citrus/contracts';
import { aggregateIdOf } from '@citrus/contracts';
import { defineFold } from '@citrus/kit-event-store';
import { parseServerEvent, type ServerEvent } from '../server/server.events.ts';

export type ActionRow = {
  id: string; server_id: string; project_id: string; action: ServerAction; status: ActionStatus; note: string | null; requested_by: string | null; snapshot_ref: string | null;
  requested_at: string; started_at: string | null; ended_at: string | null;
};

const HANDLED = ['ActionRequested', 'ActionIntended', 'ActionPostponed', 'ActionUnknown', 'ActionLost', 'ActionStarted', 'ActionSucceeded', 'ActionFailed', 'ActionCancelled'] as const;
type ActionEvent = Extract<ServerEvent, { type: (typeof HANDLED)[number] }>;

/** What people read while it runs, and afterwards; also in the server's row. */
export const noteOf = (event: ActionEvent): string | null => {
  switch (event.type) {
    case 'ActionRequested': return 'Waiting for the cloud.';
    case 'ActionIntended': return 'The cloud is asked for it.';
    case 'ActionPostponed': return `${event.data.reason} It is asked again.`;
    case 'ActionUnknown': return 'The cloud did not answer; it is looked up whether it has begun.';
    case 'ActionLost': return 'The cloud has not begun it; it is asked again.';
    case 'ActionStarted': return 'The cloud is at it.';
    case 'ActionSucceeded': return event.data.note ?? null;
    case 'ActionFailed': return event.data.reason;
    case 'ActionCancelled': return null;
  }
};

const changeBy = (event: Exclude<ActionEvent, { type: 'ActionRequested' }>, at: string): Partial<ActionRow> => {
  const note = noteOf(event);
  switch (event.type) {
    case 'ActionStarted': return { note, status: 'running', started_at: at };
    case 'ActionSucceeded': return { note, status: 'succeeded', ended_at: at, snapshot_ref: event.data.snapshotRef ?? null };
    case 'ActionFailed': return { note, status: 'failed', ended_at: at };
    case 'ActionCancelled': return { note, status: 'cancelled', ended_at: at };
    case 'ActionIntended': case 'ActionPostponed': case 'ActionUnknown': case 'ActionLost': return { note };
  }
};

export const serverActionsProjection = defineFold<ActionRow>({
  name: 'server_actions',
  version: 1,
  table: 'server_actions',
  key: ['id'],
  handles: HANDLED,
  keyOf: ({ data }) => [String(data['actionId'])],
  evolve: (row, envelope) => {
    const event = parseServerEvent(envelope) as ActionEvent | undefined;
    if (!event) return row;
    if (event.type !== 'ActionRequested') return row && { ...row, ...changeBy(event, envelope.at) };
    return {
      id: event.data.actionId, server_id: aggregateIdOf(envelope.stream), project_id: envelope.projectId ?? '', action: event.data.action, status: 'requested', note: noteOf(event),
      requested_by: envelope.actor.kind === 'user' ? envelope.actor.id : null, snapshot_ref: null, requested_at: envelope.at, started_at: null, ended_at: null,
    };
  },
});
