/**
 * Machines that are there already: they are put into the catalogue like any server, but instead of a cloud a person gets
 * something to do, one command with a one-time token. The token is auth's; nobody keeps it.
 */
import { issueEnrolment, ServerSpec, type JoinInvitation, type JoinSpec, type Server, type ServerId } from '@citrus/contracts';
import { Refusal, type Clock } from '@citrus/kit-domain';
import type { Requests } from '@citrus/kit-messaging';
import type { Order, Origin, ServerCatalog } from '../catalog/server-catalog.ts';
import { joinCommandOf } from './join-command.ts';
import type { ServerProcess } from './server.process.ts';

export type ServerJoins = {
  invite(spec: JoinSpec, order: Order): Promise<JoinInvitation>;
  renew(serverId: ServerId, origin: Origin): Promise<JoinInvitation>;
};

type Parts = {
  readonly catalog: ServerCatalog; readonly load: ServerProcess['load']; readonly requests: Requests;
  /** Where agents find the hub. */
  readonly hubUrl: string; readonly tokenLifeMs: number; readonly now: Clock;
};

/** Nobody knows what a machine that is there already is made of, until its agent tells. */
const specOf = ({ name, tags }: JoinSpec): ServerSpec =>
  ServerSpec.parse({ name, tags, region: 'none', size: 'none', image: 'none', backups: false, ipv6: false, monitoring: false });

export const createServerJoins = ({ catalog, load, requests, hubUrl, tokenLifeMs, now }: Parts): ServerJoins => {
  const endsAt = () => new Date(now().getTime() + tokenLifeMs).toISOString();
  const invitationTo = async (server: Server, { correlationId }: Origin): Promise<JoinInvitation> => {
    const { state, cause } = await load(server.id);
    if (state.status !== 'initializing' || state.joinEndsAt === undefined) {
      throw new Refusal('server.not_joining', `Server ${server.name} is ${server.status} and waits for nobody any more. Make a new command, or join the machine as a new server.`);
    }
    const { serverId, projectId, agentId, attempt, joinEndsAt } = state;
    const { token } = await requests.call(issueEnrolment, { serverId, projectId, agentId, attempt, expiresAt: joinEndsAt }, { correlationId, ...(cause !== undefined && { causationId: cause }) });
    return { server, command: joinCommandOf({ hubUrl, token }), endsAt: joinEndsAt };
  };
  return {
    invite: async (spec, order) => invitationTo(await catalog.provisionAndAdd(specOf(spec), { ...order, joinEndsAt: endsAt() }), order.origin),
    renew: async (serverId, origin) => invitationTo(await catalog.renewJoin(serverId, endsAt(), origin), origin),
  };
};
