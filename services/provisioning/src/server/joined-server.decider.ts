/**
 * What may happen to a server that no cloud made. It waits for its agent while a token is open, and nothing that is known
 * or asked about the cloud concerns it: no command here ever leads to a droplet.
 */
import type { DayTwoCommand } from '../action/action.commands.ts';
import { refuseProtected } from '../action/action.decider.ts';
import { Refusal } from '@citrus/kit-domain';
import type { RecordAgentConnected, RenewJoin, RequestServer, ServerCommand } from './server.commands.ts';
import type { ServerEvent } from './server.events.ts';
import type { ExistingServer } from './server.state.ts';

/** Asked for and open for its agent, in one: there is nothing to wait for in between. */
export const openFirstJoin = ({ data: { serverId }, at }: RequestServer, endsAt: string): ServerEvent => ({ type: 'JoinOpened', data: { serverId, attempt: 1, endsAt, at } });

/** Also for one that has joined: its machine was rebuilt, or its agent is trusted no more. The agent before is put out with its attempt. */
const renew = ({ data: { serverId, endsAt }, at }: RenewJoin, server: ExistingServer): ServerEvent[] => {
  const { name } = server.spec;
  if (server.status === 'deleted' || server.status === 'deleting') throw new Refusal('server.deleted', `Server ${name} was deleted. Join its machine as a new server.`);
  const attempt = server.attempt + 1;
  return [{ type: 'RetryRequested', data: { serverId, attempt, at } }, { type: 'JoinOpened', data: { serverId, attempt, endsAt, at } }];
};

/** A late agent heals its server: its token was good when it enrolled. */
const agentConnected = ({ data: { serverId, agentId, ipAddress }, at }: RecordAgentConnected, server: ExistingServer): ServerEvent[] => {
  const isAwaited = server.status === 'initializing' || (server.status === 'failed' && server.step === 'initializing');
  if (!isAwaited || server.agentId !== agentId) return [];
  return [{ type: 'ServerActivated', data: { serverId, agentId, ...(ipAddress !== undefined && { ipAddress }), at } }];
};

/** The machine stays as it is; that its agent is dropped follows from the deletion. */
const remove = (serverId: ExistingServer['serverId'], at: string, server: ExistingServer): ServerEvent[] => {
  if (server.status === 'deleted') return [];
  refuseProtected(server, 'deleted');
  return [{ type: 'DeletionRequested', data: { serverId, at } }, { type: 'ServerDeleted', data: { serverId, at } }];
};

export const decideJoined = (command: Exclude<ServerCommand, RequestServer | DayTwoCommand>, server: ExistingServer): ServerEvent[] => {
  const { at, data: { serverId } } = command;
  switch (command.type) {
    case 'RenewJoin': return renew(command, server);
    case 'RetryServer': throw new Refusal('server.joins_by_command', `Server ${server.spec.name} joins by a command on its machine. Make a new command instead of trying again.`);
    case 'RequestDeletion': return remove(serverId, at, server);
    case 'RecordAgentConnected': return agentConnected(command, server);
    case 'FailServer': {
      const { attempt, step, code, reason } = command.data;
      return server.status === step && server.attempt === attempt ? [{ type: 'ServerFailed', data: { serverId, step, code, reason, at } }] : [];
    }
    case 'IntendCreate': case 'RecordAccepted': case 'RecordRefused': case 'RecordUnknown': case 'RecordLookUp': case 'RecordReady':
    case 'RecordGone': case 'RecordVanished': case 'RecordCleared': case 'RecordSwept': case 'RecordMissing': case 'AcceptSize':
      return [];
  }
};
