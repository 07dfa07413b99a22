import type { ServerStatus } from '@citrus/contracts';
import type { LiveServer } from '../api/types.ts';
import { strings } from '../strings.ts';
import { Ago } from '../ui/ago.tsx';
import { Badge, type Tone } from '../ui/badge.tsx';

const TONES: Record<ServerStatus, Tone> = {
  creating: 'busy', provisioning: 'busy', initializing: 'busy', active: 'good', failed: 'bad', deleting: 'busy', deleted: 'quiet',
};

export const ServerStatusBadge = ({ status }: { status: ServerStatus }) => <Badge tone={TONES[status]}>{strings.servers.status[status]}</Badge>;

/** Whether the agent is there; nothing before it was ever there. */
export const Presence = ({ server, isAged = false }: { server: LiveServer; isAged?: boolean }) => {
  if (server.online === undefined || server.status !== 'active') return null;
  return (
    <span class={server.online ? 'presence online' : 'presence'}>
      <span class="presence-dot" aria-hidden="true" />
      {server.online ? strings.servers.online : strings.servers.offline}
      {server.online && isAged && server.lastSeenAt && <span class="fine"><Ago at={server.lastSeenAt} /></span>}
      {!server.online && server.lastSeenAt && <span class="fine"> {strings.servers.lastSeen} <Ago at={server.lastSeenAt} /></span>}
    </span>
  );
};

const addressOf = (server: LiveServer): string | undefined =>
  server.ipAddress ? `http://${server.ipAddress.includes(':') ? `[${server.ipAddress}]` : server.ipAddress}/` : undefined;

export const AddressLink = ({ server }: { server: LiveServer }) => {
  const address = addressOf(server);
  return address ? <a class="mono" href={address} target="_blank" rel="noreferrer">{server.ipAddress}</a> : <span class="fine">–</span>;
};
