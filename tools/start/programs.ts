/** How each program of the system is run: its command and its settings. */
import type { LoggedService, ServiceName } from '@citrus/contracts';
import type { Program } from './supervisor.ts';
import type { Databases, ServiceWithDatabase } from './databases.ts';
import type { Home, Ports } from './home.ts';

export type Site = {
  readonly root: string;
  readonly home: Home;
  readonly ports: Ports;
  readonly databases: Databases;
  readonly artifactsDir: string;
  readonly files: { readonly masterKey: string; readonly cloudToken: string; readonly firstAdmin: string; readonly sealKeys: Record<LoggedService, string> };
  /** The address that agents reach us at: the local cloud's private bridge, or loopback. */
  readonly gatewayAddress: string;
};

/** Only what a service needs of the surroundings: no stray settings of the person's own shell. */
const surroundings = (): NodeJS.ProcessEnv => {
  const { PATH, HOME, LANG, TZ, NODE_COMPILE_CACHE } = process.env;
  return { PATH, ...(HOME && { HOME }), ...(LANG && { LANG }), ...(TZ && { TZ }), ...(NODE_COMPILE_CACHE && { NODE_COMPILE_CACHE }) };
};

const settingsOf = (service: ServiceName, site: Site): Record<string, string> => {
  const { ports, home, files, artifactsDir } = site;
  const database = (name: ServiceWithDatabase) => ({ CITRUS_DATABASE_URL: site.databases[name].serviceUrl });
  const masterKey = { CITRUS_MASTER_KEY_FILE: files.masterKey };
  // Not in the database's folder: whoever can change the log must not be able to sign it.
  const seals = (name: LoggedService) => ({ CITRUS_SEAL_KEY_FILE: files.sealKeys[name], CITRUS_SEALS_DIR: home.path('seals') });
  const hubForAgents = `http://${site.gatewayAddress}:${ports.hub}`;
  const cloudUrl = `http://127.0.0.1:${ports.localCloud}`;
  const hetznerFace = `${cloudUrl}/hetzner`;
  const cloudKind = process.env['CITRUS_CLOUD_KIND'] ?? 'digitalocean';
  switch (service) {
    case 'auth':
      return {
        ...database('auth'), ...masterKey, ...seals('auth'),
        CITRUS_KEYRING_URL: site.databases.keyring.serviceUrl,
        CITRUS_NATS_KEYS_DIR: home.path('trust'),
        CITRUS_AGENT_NATS_URLS: `ws://${site.gatewayAddress}:${ports.natsWebsocket}`,
        CITRUS_FIRST_ADMIN_FILE: files.firstAdmin,
        CITRUS_PUBLIC_URL: `http://localhost:${ports.hub}`,
      };
    case 'provisioning':
      return {
        ...database('provisioning'), ...masterKey, ...seals('provisioning'),
        CITRUS_CLOUD_KIND: cloudKind,
        CITRUS_CLOUD_URL: cloudKind === 'hetzner' ? hetznerFace : cloudUrl,
        CITRUS_CLOUD_TOKEN_FILE: files.cloudToken,
        CITRUS_CLOUD_BASE_URLS: `${cloudUrl} ${hetznerFace}`,
        CITRUS_AGENT_HUB_URL: hubForAgents,
        CITRUS_ARTIFACTS_DIR: artifactsDir,
        // The local cloud lists a droplet at once; a real one needs the defaults.
        CITRUS_CLOUD_SETTLE_MS: '10000',
        CITRUS_CLOUD_CREATE_TIMEOUT_MS: '10000',
      };
    case 'agent-mgmt':
      return { ...database('agent-mgmt'), ...masterKey, ...seals('agent-mgmt'), CITRUS_ARTIFACTS_DIR: artifactsDir, CITRUS_INSTALLERS_DIR: process.env['CITRUS_INSTALLERS_DIR'] ?? `${site.root}/installers`, ...(process.env['CITRUS_INSTALLER_SOURCES_FILE'] && { CITRUS_INSTALLER_SOURCES_FILE: process.env['CITRUS_INSTALLER_SOURCES_FILE'] }) };
    case 'metrics':
      return {
        ...database('metrics'), ...masterKey, ...seals('metrics'),
        CITRUS_OUTBOUND_ALLOW: process.env['CITRUS_OUTBOUND_ALLOW'] ?? '',
        CITRUS_OUTBOUND_ALLOW_HTTP: process.env['CITRUS_OUTBOUND_ALLOW_HTTP'] ?? 'false',
      };
    case 'hub':
      return { CITRUS_PANEL_DIR: `${site.root}/panel/dist`, CITRUS_ARTIFACTS_DIR: artifactsDir, CITRUS_PUBLIC_URL: `http://localhost:${ports.hub}`, CITRUS_MANAGEMENT_PORT: String(ports.hubManagement), ...(process.env['CITRUS_REQUESTS_PER_SECOND'] && { CITRUS_REQUESTS_PER_SECOND: process.env['CITRUS_REQUESTS_PER_SECOND'] }) };
  }
};

export const serviceProgram = (service: ServiceName, site: Site): Program => ({
  name: service,
  command: process.execPath,
  args: ['--enable-source-maps', `${site.root}/services/${service}/dist/main.js`],
  env: {
    ...surroundings(),
    CITRUS_NATS_URL: `nats://127.0.0.1:${site.ports.nats}`,
    CITRUS_NATS_CREDS_FILE: site.home.path('trust', 'creds', `${service}.creds`),
    CITRUS_HTTP_HOST: '127.0.0.1',
    CITRUS_HTTP_PORT: String(site.ports[service]),
    CITRUS_LOG_LEVEL: process.env['CITRUS_LOG_LEVEL'] ?? 'info',
    ...settingsOf(service, site),
  },
});

/** What the local cloud is like (limits, delays, faults) may be set by whoever starts us; where it is, is ours to say. */
const localCloudSettings = (): NodeJS.ProcessEnv => Object.fromEntries(Object.entries(process.env).filter(([name]) => name.startsWith('LOCAL_CLOUD_')));

export const localCloudProgram = (site: Pick<Site, 'root' | 'home' | 'ports' | 'files'>): Program => ({
  name: 'local-cloud',
  command: process.execPath,
  args: ['--enable-source-maps', `${site.root}/tools/local-cloud/dist/main.js`],
  env: {
    ...surroundings(),
    ...localCloudSettings(),
    LOCAL_CLOUD_PORT: String(site.ports.localCloud),
    LOCAL_CLOUD_TOKEN_FILE: site.files.cloudToken,
    LOCAL_CLOUD_DIR: site.home.path('cloud'),
    LOCAL_CLOUD_DRIVER: process.env['CITRUS_CLOUD_DRIVER'] ?? 'auto',
    LOCAL_CLOUD_FORWARD_PORTS: `${site.ports.hub},${site.ports.natsWebsocket}`,
  },
});
