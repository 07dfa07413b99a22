/** The read model `servers`: one row a server, as people see it, and its story in words. */
import { aggregateIdOf, type ActionType, type ServerProvider, type ServerStatus } from '@citrus/contracts';
import { defineFold } from '@citrus/kit-event-store';
import { isDayTwo, type DayTwoEvent } from '../action/action.state.ts';
import { noteOf } from '../action/action.projection.ts';
import { MISSING } from './server.state.ts';
import { parseServerEvent, serverEvents, type DataOf, type ServerEvent } from './server.events.ts';

export type ServerRow = {
  id: string; project_id: string; name: string; status: ServerStatus; provider: ServerProvider; cloud_id: string | null; region: string; size: string; image: string; tags: readonly string[];
  droplet_ref: string | null; ip_address: string | null; agent_id: string | null; note: string | null;
  power: 'on' | 'off' | null; action_id: string | null; action_type: ActionType | null; action_since: string | null; action_note: string | null;
  is_protected: boolean; maintenance_since: string | null; maintenance_reason: string | null; backups: boolean;
  created_at: string; updated_at: string;
};

/** What only its owner can do for a machine that no cloud takes back. */
const REMOVE_AGENT = 'To remove the agent from the machine, run there: sudo sh /opt/citrus-agent/uninstall.sh';

const NO_ACTION = { action_id: null, action_type: null, action_since: null, action_note: null } as const;
/** Of a droplet that is to go. */
const NO_DROPLET = { droplet_ref: null, ip_address: null, power: null } as const;

/** What is done with it leaves its life as it is. */
const changeByDayTwo = (event: DayTwoEvent, at: string): Partial<ServerRow> => {
  switch (event.type) {
    case 'ActionRequested': return { action_id: event.data.actionId, action_type: event.data.action.type, action_since: at, action_note: noteOf(event) };
    case 'ActionIntended': case 'ActionPostponed': case 'ActionUnknown': case 'ActionLost': case 'ActionStarted': return { action_note: noteOf(event) };
    case 'ActionSucceeded': {
      const { power, size, image, backups, tags } = event.data;
      return { ...NO_ACTION, ...(tags !== undefined && { tags }), ...(power && { power }), ...(size !== undefined && { size }), ...(image !== undefined && { image }), ...(backups !== undefined && { backups }) };
    }
    case 'ActionFailed': case 'ActionCancelled': return NO_ACTION;
    case 'ServerRenamed': return { name: event.data.name };
    case 'ProtectionChanged': return { is_protected: event.data.isProtected };
    case 'MaintenanceChanged': return { maintenance_since: event.data.isOn ? at : null, maintenance_reason: event.data.reason ?? null };
    case 'PowerObserved': return { power: event.data.power };
  }
};

/** Undefined: the event changes nothing that people see. */
const changeBy = (event: Exclude<ServerEvent, { type: 'ServerRequested' }>, { provider }: ServerRow, at: string): Partial<ServerRow> | undefined => {
  if (isDayTwo(event)) return changeByDayTwo(event, at);
  switch (event.type) {
    case 'DropletCreateIntended': return { note: 'The cloud is asked for a droplet.' };
    case 'DropletCreateRefused': return { note: `${event.data.reason} It is asked again.` };
    case 'DropletCreateUnknown': return { note: 'The cloud did not answer; it is looked up whether it has made the droplet.' };
    case 'DropletCreateLost': return { note: 'The cloud has not made the droplet; it is asked again.' };
    case 'DropletAccepted': return { status: 'provisioning', droplet_ref: event.data.dropletRef, note: 'The droplet is being built.' };
    case 'DropletReady': return { status: 'initializing', ip_address: event.data.ipAddress, power: 'on', note: 'The droplet boots; its agent has not connected yet.' };
    case 'JoinOpened': return { status: 'initializing', note: `Waits until ${event.data.endsAt.slice(0, 16).replace('T', ' ')} UTC for the command that joins it to be run on its machine.` };
    case 'ServerActivated': return { status: 'active', agent_id: event.data.agentId, note: null, ...(event.data.ipAddress !== undefined && { ip_address: event.data.ipAddress }) };
    case 'ReenrolOpened': return { status: 'initializing', note: 'Its disk is written anew; the agent on it has not connected yet.' };
    case 'ServerFailed': return { status: 'failed', note: event.data.reason };
    case 'MachineMissing': return { status: 'failed', power: null, note: MISSING };
    case 'SizeAccepted': return { size: event.data.size };
    case 'RetryRequested': return { status: 'creating', ...NO_DROPLET, agent_id: null, note: 'What is left of the attempt before is removed.' };
    case 'AttemptCleared': return { note: 'The cloud is asked for a new droplet.' };
    case 'DeletionRequested': return { status: 'deleting', note: 'The droplet is being removed.' };
    case 'ServerDeleted': return { status: 'deleted', ...NO_DROPLET, note: provider === 'none' ? REMOVE_AGENT : null };
    case 'StrayDropletFound': case 'StraysRuledOut': case 'DropletGone': case 'AgentSeen': return undefined;
  }
};

const requested = ({ serverId, projectId, spec, provider, cloudId }: DataOf<'ServerRequested'>, at: string): ServerRow => {
  const { name, region, size, image, tags } = spec;
  return {
    id: serverId, project_id: projectId, name, status: 'creating', provider: provider ?? 'digitalocean', cloud_id: cloudId ?? null, region, size, image, tags,
    droplet_ref: null, ip_address: null, agent_id: null, note: 'Waiting for the cloud.',
    power: null, ...NO_ACTION, is_protected: false, maintenance_since: null, maintenance_reason: null, backups: spec.backups, created_at: at, updated_at: at,
  };
};

export const serversProjection = defineFold<ServerRow>({
  name: 'servers',
  version: 4,
  table: 'servers',
  key: ['id'],
  handles: Object.keys(serverEvents),
  keyOf: ({ stream }) => [aggregateIdOf(stream)],
  evolve: (row, envelope) => {
    const event = parseServerEvent(envelope);
    if (!event) return row;
    if (event.type === 'ServerRequested') return requested(event.data, envelope.at);
    const change = row && changeBy(event, row, envelope.at);
    return change ? { ...row, ...change, updated_at: envelope.at } : row;
  },
});
