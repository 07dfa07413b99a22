/**
 * What nats-server tells about the agents' connections. The agent's id is `name` inside the user JWT that the server
 * verified, and that JWT must be the one of the user key that connected; the connection's own name is never believed.
 */
import { AgentId } from '@citrus/contracts';
import { z } from 'zod';
import type { Begun, Standing } from './clones.ts';
import type { PresenceRecord } from './presence-state.ts';

/** `$SYS.ACCOUNT.<account>.CONNECT` and `.DISCONNECT`. */
export const ConnectionEvent = z.object({
  server: z.object({ id: z.string() }),
  client: z.object({ id: z.number(), acc: z.string(), user: z.string().optional(), jwt: z.string().optional(), start: z.string(), host: z.string().optional() }),
});
export type ConnectionEvent = z.infer<typeof ConnectionEvent>;

/** One server's answer to `$SYS.REQ.ACCOUNT.<account>.CONNZ`. */
export const ConnectionList = z.object({
  server: z.object({ id: z.string() }),
  data: z.object({
    total: z.number(),
    connections: z.array(z.object({ cid: z.number(), authorized_user: z.string().optional(), jwt: z.string().optional(), start: z.string(), ip: z.string().optional(), last_activity: z.string().optional() })).nullish(),
  }),
});

const Claims = z.object({ name: AgentId, sub: z.string() });

const agentIdOf = (jwt: string | undefined, user: string | undefined): AgentId | undefined => {
  const payload = jwt?.split('.')[1];
  if (!payload || !user) return undefined;
  try {
    const claims = Claims.parse(JSON.parse(Buffer.from(payload, 'base64url').toString()));
    return claims.sub === user ? claims.name : undefined;
  } catch {
    return undefined; // not an agent's JWT; whoever it is, it is not an agent of ours
  }
};

type Connection = { readonly serverId: string; readonly clientId: number; readonly account: string; readonly user: string | undefined; readonly jwt: string | undefined; readonly start: string };

export const recordOf = ({ serverId, clientId, account, user, jwt, start }: Connection, isConnected: boolean, at: Date): PresenceRecord | undefined => {
  const agentId = agentIdOf(jwt, user);
  return agentId && { agentId, account, session: `${serverId}:${clientId}`, startedAt: new Date(start).toISOString(), isConnected, at: at.toISOString() };
};

export const recordOfEvent = ({ server, client }: ConnectionEvent, isConnected: boolean, at: Date): PresenceRecord | undefined =>
  recordOf({ serverId: server.id, clientId: client.id, account: client.acc, user: client.user, jwt: client.jwt, start: client.start }, isConnected, at);

export const recordsOfList = ({ server, data }: z.infer<typeof ConnectionList>, account: string, at: Date): PresenceRecord[] =>
  (data.connections ?? []).flatMap(({ cid, authorized_user, jwt, start }) => recordOf({ serverId: server.id, clientId: cid, account, user: authorized_user, jwt, start }, true, at) ?? []);

/** A connection that has just begun, if it is an agent's. */
export const begunOfEvent = ({ server, client: { id, user: nkey, jwt, start, host } }: ConnectionEvent): Begun | undefined => {
  const agentId = agentIdOf(jwt, nkey);
  return agentId && nkey ? { agentId, nkey, session: `${server.id}:${id}`, address: host ?? '', startedAt: new Date(start).toISOString() } : undefined;
};

/** The same list, with what tells a living connection from one that only stands. */
export const standingOfList = ({ server, data }: z.infer<typeof ConnectionList>): Standing[] =>
  (data.connections ?? []).flatMap(({ cid, authorized_user: nkey, jwt, start, ip, last_activity }) => {
    const agentId = agentIdOf(jwt, nkey);
    if (!agentId || !nkey || last_activity === undefined) return [];
    return [{ agentId, nkey, session: `${server.id}:${cid}`, address: ip ?? '', startedAt: new Date(start).toISOString(), lastActivityAt: new Date(last_activity).toISOString() }];
  });
