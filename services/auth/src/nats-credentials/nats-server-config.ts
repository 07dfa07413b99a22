/** The configuration of a nats-server that trusts our operator. Agents come by WebSocket, our own services by TCP. */
import type { Trust } from './bootstrap.ts';

export type NatsServerSettings = {
  readonly trust: Trust;
  readonly serverName?: string;
  /** JetStream's files and the account JWTs that were pushed; to be kept over restarts. */
  readonly dataDir: string;
  readonly host?: string;
  readonly port: number;
  readonly websocket: { readonly host?: string; readonly port: number };
  readonly pidFile?: string;
};

const LOOPBACK = '127.0.0.1';
const AGENTS_SIGN_IN_WITHIN_S = 5;
const quoted = (text: string): string => JSON.stringify(text);

/**
 * The preload lets the server start before auth has told it anything. It never goes back: the server keeps an account
 * JWT from its directory when that is newer. Pings find a half-open connection of an agent within a minute. Agents have
 * more than the usual two seconds to sign in: when a fleet comes back, the smallest machines are at the end of long queues.
 */
export const natsServerConfig = ({ trust, serverName = 'citrus', dataDir, host = LOOPBACK, port, websocket, pidFile }: NatsServerSettings): string => {
  const { accounts } = trust.publicKeys;
  const preload = Object.entries(trust.accountJwts).map(([name, jwt]) => `  ${accounts[name as keyof typeof accounts]}: ${quoted(jwt)}`);
  return [
    `server_name: ${quoted(serverName)}`,
    `listen: ${quoted(`${host}:${port}`)}`,
    ...(pidFile ? [`pid_file: ${quoted(pidFile)}`] : []),
    'ping_interval: "20s"',
    // What was acknowledged is on the disk. By default it would be there within two minutes.
    `jetstream { store_dir: ${quoted(`${dataDir}/jetstream`)}, sync_interval: always }`,
    `websocket { listen: ${quoted(`${websocket.host ?? LOOPBACK}:${websocket.port}`)}, no_tls: true, authorization { timeout: ${AGENTS_SIGN_IN_WITHIN_S} } }`,
    `operator: ${quoted(trust.operatorJwt)}`,
    `system_account: ${accounts.SYS}`,
    `resolver { type: full, dir: ${quoted(`${dataDir}/accounts`)}, allow_delete: false, interval: "2m" }`,
    'resolver_preload {',
    ...preload,
    '}',
    '',
  ].join('\n');
};
