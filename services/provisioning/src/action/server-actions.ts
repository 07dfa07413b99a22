/** The door to everything that is done with a server that is there: says yes or no at once; the process manager does it. */
import type { ActionId, ActionRecord, Server, ServerAction, ServerId, Snapshot } from '@citrus/contracts';
import { internalScope, NotFound, Refusal, type Clock } from '@citrus/kit-domain';
import type { Projections } from '@citrus/kit-event-store';
import type { Clouds } from '../provider/clouds.ts';
import type { Handled, Origin, ServerHandler } from '../server/server.handler.ts';
import type { ServerProcess } from '../server/server.process.ts';
import type { ServerQueries } from '../server/server.queries.ts';
import { dropletOf } from '../server/server.state.ts';
import type { DayTwoCommand } from './action.commands.ts';
import type { ActionQueries } from './action.queries.ts';

type Parts = {
  readonly handle: ServerHandler;
  readonly load: ServerProcess['load'];
  readonly projections: Pick<Projections, 'reached'>;
  readonly servers: ServerQueries;
  readonly actions: ActionQueries;
  readonly clouds: Clouds;
  readonly now: Clock;
  /** Something was asked for: do not wait for the next timer. */
  readonly wake: () => void;
};

export type ServerActions = {
  ask(serverId: ServerId, actionId: ActionId, action: ServerAction, origin: Origin): Promise<ActionRecord>;
  cancel(serverId: ServerId, actionId: ActionId, origin: Origin): Promise<ActionRecord>;
  protect(serverId: ServerId, isProtected: boolean, origin: Origin): Promise<Server>;
  maintain(serverId: ServerId, order: { isOn: boolean; reason?: string | undefined }, origin: Origin): Promise<Server>;
  /** As the cloud lists them, oldest first. */
  snapshots(serverId: ServerId): Promise<Snapshot[]>;
};

const JUST_CHANGED = internalScope('shows what was just changed, by a command that was let through');

export const createServerActions = ({ handle, load, projections, servers, actions, clouds, now, wake }: Parts): ServerActions => {
  const carryOut = async (command: DayTwoCommand, origin: Origin): Promise<Handled> => {
    const handled = await handle(command, origin);
    wake();
    await projections.reached(handled.position);
    return handled;
  };
  const at = () => now().toISOString();
  const shownAction = async (serverId: ServerId, actionId: ActionId): Promise<ActionRecord> => {
    const record = await actions.read(JUST_CHANGED, serverId, actionId);
    if (!record) throw new NotFound('action.unknown', `There is no action ${actionId} of this server.`);
    return record;
  };
  const shownServer = async (serverId: ServerId): Promise<Server> => {
    const server = await servers.read(JUST_CHANGED, serverId);
    if (!server) throw new NotFound('server.not_found', `There is no server ${serverId}.`);
    return server;
  };
  return {
    ask: async (serverId, actionId, action, origin) => {
      await carryOut({ type: 'RequestAction', at: at(), data: { serverId, actionId, action } }, origin);
      return shownAction(serverId, actionId);
    },
    cancel: async (serverId, actionId, origin) => {
      await carryOut({ type: 'CancelAction', at: at(), data: { serverId, actionId } }, origin);
      return shownAction(serverId, actionId);
    },
    protect: async (serverId, isProtected, origin) => {
      await carryOut({ type: 'ProtectServer', at: at(), data: { serverId, isProtected } }, origin);
      return shownServer(serverId);
    },
    maintain: async (serverId, { isOn, reason }, origin) => {
      await carryOut({ type: 'MaintainServer', at: at(), data: { serverId, isOn, ...(reason !== undefined && { reason }) } }, origin);
      return shownServer(serverId);
    },
    snapshots: async (serverId) => {
      const { state } = await load(serverId);
      if (state.status === 'none') throw new NotFound('server.not_found', `There is no server ${serverId}.`);
      if (state.provider === 'none') throw new Refusal('server.no_cloud', `Server ${state.spec.name} joined by a command and is in no cloud of ours, so there are no snapshots of it here.`);
      const droplet = dropletOf(state);
      return droplet ? [...(await (await clouds.cloudFor(state)).snapshots(droplet.ref))] : [];
    },
  };
};
