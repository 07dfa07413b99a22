/**
 * A valid input for every route of the hub, by method and path. The matrix in authorisation.e2e.spec.ts goes by the running
 * hub's own list of routes and fails for one that is missing here.
 */
export type Target = {
  readonly projectId: string;
  readonly serverId: string;
  readonly jobId: string;
  readonly agentId: string;
  readonly eventId: string;
  /** An event's place in provisioning's log. */
  readonly position: number;
  /** A viewer with a session and an API token, who does nothing; an open invitation; a service account with a token. */
  readonly userId: string;
  readonly sessionId: string;
  readonly apiTokenId: string;
  readonly invitationId: string;
  readonly accountId: string;
  readonly accountTokenId: string;
};

export type Sample = {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: object;
  /** What a caller who is let in gets, where it is not 2xx: the sample names what does not exist, or proves nothing. */
  readonly answers?: readonly number[];
  /** Asked when everything else was: it ends the caller, or what others ask about. */
  readonly isLast?: true;
  /** Whoever is let in is let in to everybody's: nothing is foreign. */
  readonly reachesEverybody?: true;
  /** What somebody who is let in gets for ids of another project, where it is not 403 or 404: an answer without them. */
  readonly foreign?: readonly number[];
};

const ofServer = ({ serverId: id }: Target): Sample => ({ params: { id } });
const ofJob = ({ jobId: id }: Target): Sample => ({ params: { id } });
/** A job's id is none of a run's. */
const ofNoRun = ({ jobId: id }: Target): Sample => ({ params: { id }, answers: [404] });
/** An installer that is on no server. */
const ofNoApp = ({ serverId: id }: Target): Sample => ({ params: { id, installer: 'no-such-app' }, answers: [404] });
const nothing = (): Sample => ({});
/** Nothing that exists: whoever may do it is told so, and nothing is changed for the other callers. */
const ofNoProjection = (): Sample => ({ params: { service: 'agent-mgmt', name: 'no-such' }, answers: [404] });
const ofNoCloud = (): Sample => ({ params: { id: '0198c0de-0000-7000-8000-000000000000' }, answers: [404] });
const ofNoGroup = (): Sample => ({ params: { id: '00000000-0000-4000-8000-000000000000' }, answers: [404] });
const ofNoFinding = (): Sample => ({ params: { finding: 'ghost-none' }, body: {}, answers: [404] });
const signature = 'A'.repeat(86);
const nkey = `U${'A'.repeat(55)}`;
const [BEGIN, NOW] = [new Date(Date.now() - 3_600_000).toISOString(), new Date().toISOString()];
/** Neither the code nor the password is right. */
const unproven = [400, 401, 403, 409, 422];
const oidc = [302, 400, 401, 404, 409, 429];

export const SAMPLES: Readonly<Record<string, (target: Target) => Sample>> = {
  'GET /.well-known/jwks.json': nothing,
  'GET /api/health': nothing,
  'GET /api/openapi.json': nothing,
  'GET /api/artifacts/:digest': () => ({ params: { digest: `sha256:${'0'.repeat(64)}` }, answers: [404, 503] }),
  'GET /api/agents/install.sh': nothing,

  'POST /api/auth/login': () => ({ body: { email: 'nobody@example.org', password: 'wrong' }, answers: [401, 429] }),
  'POST /api/auth/refresh': () => ({ body: { refreshToken: 'none' }, answers: [401, 429] }),
  'POST /api/auth/logout': () => ({ body: { refreshToken: 'none' } }),
  'GET /api/auth/me': nothing,
  'POST /api/agents/enrol': () => ({ body: { token: 'a'.repeat(40), keys: { nkey, boxKey: `CQ${'A'.repeat(41)}` }, at: NOW, signature }, answers: [400, 401, 403, 409, 429] }),
  'POST /api/agents/renew': () => ({ body: { agentId: 'agent-none', nkey, at: NOW, signature }, answers: [401, 403, 409, 429] }),
  // For oneself and for administrators.
  'DELETE /api/users/:id/personal-data': ({ userId: id }) => ({ params: { id }, answers: [200, 403, 404, 409], reachesEverybody: true, isLast: true }),
  'GET /api/auth/sessions': nothing,
  'DELETE /api/auth/sessions': () => ({ isLast: true }),
  'DELETE /api/auth/sessions/:id': ({ sessionId: id }) => ({ params: { id }, answers: [404], foreign: [404] }),
  'POST /api/auth/password': () => ({ body: { currentPassword: 'wrong', newPassword: 'a longer one than before' }, answers: unproven }),
  'GET /api/auth/second-factor': nothing,
  'POST /api/auth/second-factor/begin': nothing,
  'POST /api/auth/second-factor/confirm': () => ({ body: { code: '000000' }, answers: unproven }),
  'POST /api/auth/second-factor/prove': () => ({ body: { code: '000000' }, answers: unproven }),
  'GET /api/installation/second-factor': nothing,
  // Nobody there has shown a factor, so nobody may ask others for one.
  'POST /api/installation/second-factor': () => ({ body: { isRequired: true }, answers: [409] }),
  'POST /api/auth/second-factor/recovery-codes': () => ({ body: { code: '000000' }, answers: unproven }),
  'POST /api/auth/second-factor/disable': () => ({ body: { password: 'wrong', code: '000000' }, answers: unproven }),
  'GET /api/auth/oidc': nothing,
  'GET /api/auth/oidc/start': () => ({ answers: oidc }),
  'GET /api/auth/oidc/callback': () => ({ answers: oidc }),
  'POST /api/auth/oidc/link': () => ({ body: {}, answers: [200, 404, 429] }),
  'POST /api/keys/access-tokens/rotate': () => ({ answers: [200, 409] }),
  'GET /api/tokens': nothing,
  'POST /api/tokens': ({ projectId }) => ({ body: { name: 'made', expiresInDays: 1, scopes: [{ projectId, role: 'analyst' }] }, answers: [201, 403, 409, 422], foreign: [409, 422] }),
  'DELETE /api/tokens/:id': ({ apiTokenId: id }) => ({ params: { id }, answers: [404] }),
  'GET /api/clouds': nothing,
  'POST /api/clouds': () => ({ body: { name: 'made', kind: 'digitalocean', baseUrl: 'http://192.0.2.1', token: 'a'.repeat(40) }, answers: [422] }),
  'POST /api/clouds/:id/test': ofNoCloud,
  'POST /api/clouds/:id/token': () => ({ ...ofNoCloud(), body: { token: 'a'.repeat(40) } }),
  'POST /api/clouds/:id/default': ofNoCloud,
  'DELETE /api/clouds/:id': ofNoCloud,
  'GET /api/clouds/:id/catalog': ofNoCloud,
  'GET /api/service-accounts': nothing,
  'POST /api/service-accounts': () => ({ body: { name: 'made', role: 'viewer' }, answers: [201, 409] }),
  'DELETE /api/service-accounts/:id': ({ accountId: id }) => ({ params: { id }, answers: [200, 404, 409], foreign: [409] }),
  'POST /api/service-accounts/:id/tokens': ({ accountId: id }) => ({ params: { id }, body: { name: 'made', expiresInDays: 1 }, answers: [201, 404, 409] }),
  'DELETE /api/service-accounts/:id/tokens/:tokenId': ({ accountId: id, accountTokenId: tokenId }) => ({ params: { id, tokenId }, answers: [200, 404] }),

  'GET /api/projects': nothing,
  'GET /api/doctor': nothing,
  'GET /api/doctor/parked': nothing,
  'POST /api/doctor/parked/:service/:consumer/retry': () => ({ params: { service: 'metrics', consumer: 'no-such' }, answers: [404] }),
  'POST /api/doctor/parked/:service/:consumer/:position/skip': () => ({ params: { service: 'metrics', consumer: 'no-such', position: '1' }, body: { reason: 'a sample' }, answers: [404] }),
  'GET /api/quota': nothing,
  'GET /api/quotas': nothing,
  'POST /api/projects/:id/quota': ({ projectId: id }) => ({ params: { id }, body: { servers: 1000, creationsPerHour: 1000 }, reachesEverybody: true }),
  'POST /api/projects': () => ({ body: { name: 'made' } }),
  'POST /api/projects/:id/rename': ({ projectId: id }) => ({ params: { id }, body: { name: 'renamed' } }),
  'GET /api/members': nothing,
  'POST /api/members/:userId/role': ({ userId }) => ({ params: { userId }, body: { role: 'viewer' }, answers: [200, 409], foreign: [409] }),
  // For oneself and for admins.
  'DELETE /api/members/:userId': ({ userId }) => ({ params: { userId }, answers: [200, 404, 409], foreign: [200, 409], isLast: true }),
  'GET /api/invitations': nothing,
  'POST /api/invitations': () => ({ body: { email: 'invited@example.org', role: 'viewer' } }),
  'DELETE /api/invitations/:id': ({ invitationId: id }) => ({ params: { id }, answers: [200, 409] }),
  'POST /api/invitations/read': () => ({ body: { token: 'none' }, answers: [401, 403, 404, 409, 429] }),
  'POST /api/invitations/accept': () => ({ body: { token: 'none', name: 'Nobody', password: 'a password for nobody' }, answers: [401, 403, 404, 409, 429] }),
  'POST /api/invitations/accept-signed-in': () => ({ body: { token: 'none' }, answers: [401, 403, 404, 409] }),
  'POST /api/claim': () => ({ body: { token: 'none', email: 'nobody@example.org', name: 'Nobody', password: 'a password for nobody' }, answers: [401, 403, 404, 409, 429] }),
  'GET /api/users': nothing,
  'POST /api/users/:id/administrator': ({ userId: id }) => ({ params: { id }, answers: [200, 404, 409], reachesEverybody: true }),
  'POST /api/users/:id/sign-out': ({ userId: id }) => ({ params: { id }, answers: [200, 404], reachesEverybody: true, isLast: true }),
  'POST /api/users/:id/second-factor/reset': ({ userId: id }) => ({ params: { id }, answers: [200, 404, 409], reachesEverybody: true, isLast: true }),
  'POST /api/users/:id/recovery': ({ userId: id }) => ({ params: { id }, answers: [201, 404, 409, 422], reachesEverybody: true }),
  'POST /api/recovery': () => ({ body: { token: 'none', password: 'a password for nobody' }, answers: [401, 404, 409, 422, 429] }),
  'DELETE /api/users/:id/administrator': ({ userId: id }) => ({ params: { id }, answers: [200, 404, 409], reachesEverybody: true }),

  'GET /api/servers': nothing,
  'POST /api/servers': () => ({ body: { name: 'made' }, answers: [202, 409] }),
  'GET /api/servers/:id': ofServer,
  'GET /api/servers/:id/metrics': (target) => ({ ...ofServer(target), foreign: [200] }),
  'POST /api/servers/board': ({ serverId }) => ({ body: { serverIds: [serverId], withLoad: true }, foreign: [200] }),
  'POST /api/servers/:id/plan': (target) => ({ ...ofServer(target), body: { installer: 'static-site' }, answers: [200, 404, 409] }),
  'POST /api/servers/:id/retry': (target) => ({ ...ofServer(target), answers: [202, 409] }),
  'DELETE /api/servers/:id': (target) => ({ ...ofServer(target), answers: [202, 404, 409] }),
  'POST /api/servers/:id/actions': (target) => ({ ...ofServer(target), body: { type: 'reboot' }, answers: [202, 409] }),
  'GET /api/servers/:id/actions': ofServer,
  'GET /api/servers/:id/actions/:actionId': ({ serverId: id }) => ({ params: { id, actionId: '00000000-0000-4000-8000-000000000001' }, answers: [404] }),
  'DELETE /api/servers/:id/actions/:actionId': ({ serverId: id }) => ({ params: { id, actionId: '00000000-0000-4000-8000-000000000001' }, answers: [404] }),
  'POST /api/servers/:id/rebuild': (target) => ({ ...ofServer(target), body: { image: 'no-such-image' }, answers: [202, 409] }),
  'POST /api/servers/:id/restore': (target) => ({ ...ofServer(target), body: { snapshotRef: 'none' }, answers: [202, 409] }),
  'GET /api/servers/:id/snapshots': (target) => ({ ...ofServer(target), answers: [200, 409, 503] }),
  'DELETE /api/servers/:id/snapshots/:ref': ({ serverId: id }) => ({ params: { id, ref: 'none' }, answers: [202, 409] }),
  'POST /api/servers/:id/protection': (target) => ({ ...ofServer(target), body: { isProtected: false }, answers: [200, 409] }),
  'POST /api/servers/:id/maintenance': (target) => ({ ...ofServer(target), body: { isOn: false }, answers: [200, 409] }),
  'POST /api/servers/join': () => ({ body: { name: 'joined' }, answers: [202, 409] }),
  'POST /api/servers/:id/join-token': (target) => ({ ...ofServer(target), answers: [202, 409] }),

  'GET /api/groups': nothing,
  'POST /api/groups': () => ({ body: { name: 'made', min: 0, max: 0 }, answers: [202, 409] }),
  'GET /api/groups/:id': ofNoGroup,
  'POST /api/groups/:id/change': () => ({ ...ofNoGroup(), body: { target: 0 } }),
  'POST /api/groups/:id/pause': ofNoGroup,
  'POST /api/groups/:id/resume': ofNoGroup,
  'DELETE /api/groups/:id': ofNoGroup,
  'GET /api/reconcile': nothing,
  'POST /api/reconcile': () => ({ answers: [200, 503] }),
  'POST /api/reconcile/:finding/repair': ofNoFinding,
  'GET /api/reconcile/installation': nothing,
  'POST /api/reconcile/installation': () => ({ answers: [200, 503] }),
  'POST /api/reconcile/installation/:finding/repair': ofNoFinding,

  'GET /api/agents/trust': ({ serverId }) => ({ query: { serverId }, foreign: [200] }),
  'POST /api/agents/revoke': ({ agentId }) => ({ body: { agentIds: [agentId], reason: 'the matrix' }, answers: [200, 409], isLast: true }),
  'POST /api/agents/upgrade': () => ({ body: { filter: 'name:no-such-server' }, answers: [409, 422] }),
  // The agent of a young server is known a moment later.
  'POST /api/agents/labels': ({ serverId }) => ({ body: { serverId, set: { matrix: '' } }, answers: [200, 404] }),
  'POST /api/agents/ping': () => ({ body: { waitMs: 100 } }),
  'POST /api/keys/commands/rotate': () => ({ body: {}, answers: [200, 409] }),
  'GET /api/agents': ({ serverId }) => ({ query: { serverId }, foreign: [200] }),
  'GET /api/installers': nothing,
  'POST /api/installers/reload': nothing,
  'GET /api/installers/sources': nothing,
  'POST /api/installers/sources/:name/fetch': () => ({ params: { name: 'no-such' }, answers: [404] }),

  'GET /api/jobs': ({ serverId }) => ({ query: { serverId }, foreign: [200] }),
  'POST /api/jobs': ({ serverId }) => ({ body: { serverId, installer: 'static-site', action: 'install', inputs: { site_title: 'again', site_port: 8123 } }, answers: [202, 404, 409, 422] }),
  'GET /api/jobs/:id': ofJob,
  'GET /api/jobs/:id/log': ofJob,
  'GET /api/jobs/:id/log/search': ({ jobId: id }) => ({ params: { id }, query: { q: 'a' } }),
  'GET /api/jobs/:id/details': ofJob,
  'GET /api/jobs/:id/stream': ofJob,
  'POST /api/jobs/:id/cancel': (target) => ({ ...ofJob(target), answers: [202, 409] }),
  'POST /api/jobs/:id/retry': (target) => ({ ...ofJob(target), answers: [202, 409] }),

  'GET /api/bundles': nothing,
  'POST /api/bundles/plan': ({ serverId }) => ({ body: { bundle: 'watched-site', servers: { server: serverId } }, foreign: [200] }),
  'GET /api/installed-bundles': nothing,
  // A port that needs rights: nothing is installed.
  'POST /api/installed-bundles': ({ serverId }) => ({ body: { bundle: 'watched-site', servers: { server: serverId }, inputs: { site_port: 80 } }, answers: [422], foreign: [422] }),
  'GET /api/installed-bundles/:id': ofNoRun,
  'POST /api/installed-bundles/:id/cancel': ofNoRun,
  'POST /api/installed-bundles/:id/retry': ofNoRun,
  'POST /api/installed-bundles/:id/uninstall': ({ jobId: id }) => ({ params: { id }, body: {}, answers: [404] }),
  'GET /api/apps': nothing,
  'GET /api/servers/:id/apps': (target) => ({ ...ofServer(target), foreign: [200] }),
  'GET /api/servers/:id/apps/:installer': ofNoApp,
  'POST /api/servers/:id/apps/:installer/changes': (target) => ({ ...ofNoApp(target), body: { action: 'upgrade' } }),
  'GET /api/servers/:id/apps/:installer/changes/:changeId': ({ serverId: id, jobId: changeId }) => ({ params: { id, installer: 'no-such-app', changeId }, answers: [404] }),
  'POST /api/servers/:id/apps/:installer/jobs': (target) => ({ ...ofNoApp(target), body: { action: 'health' } }),

  'GET /api/runs': nothing,
  'POST /api/runs': () => ({ body: { installer: 'static-site', inputs: { site_title: 'again' }, filter: 'name:no-such-server' }, answers: [409, 422] }),
  'POST /api/runs/plan': () => ({ body: { installer: 'static-site', filter: 'name:no-such-server' }, answers: [409, 422] }),
  'GET /api/runs/:id': ofNoRun,
  'GET /api/runs/:id/servers': ofNoRun,
  'POST /api/runs/:id/pause': ofNoRun,
  'POST /api/runs/:id/resume': ofNoRun,
  'POST /api/runs/:id/abort': (target) => ({ ...ofNoRun(target), body: {} }),
  'POST /api/runs/:id/retry': ofNoRun,
  'GET /api/schedules': nothing,
  'POST /api/schedules': () => ({ body: { name: 'never', cron: '0 0 30 2 *', installer: 'static-site', inputs: { site_title: 'again' }, filter: 'name:no-such-server' }, answers: [409, 422] }),
  'POST /api/schedules/preview': () => ({ body: { cron: '0 3 * * *' }, foreign: [200] }),
  'POST /api/schedules/:id/change': ({ jobId: id }) => ({ params: { id }, body: { name: 'never', cron: '0 3 * * *', installer: 'static-site', inputs: { site_title: 'again' }, filter: 'name:no-such-server' }, answers: [404] }),
  'GET /api/schedules/:id': ofNoRun,
  'POST /api/schedules/:id/pause': ofNoRun,
  'POST /api/schedules/:id/resume': ofNoRun,
  'DELETE /api/schedules/:id': ofNoRun,
  'GET /api/webhooks/types': nothing,
  'GET /api/webhooks': nothing,
  'POST /api/webhooks': () => ({ body: { url: 'https://10.0.0.1/', types: ['JobFinished'] }, answers: [422], foreign: [422] }),
  'GET /api/webhooks/:id': ofNoRun,
  'POST /api/webhooks/:id/change': (target) => ({ ...ofNoRun(target), body: { description: 'none' } }),
  'POST /api/webhooks/:id/pause': ofNoRun,
  'POST /api/webhooks/:id/resume': ofNoRun,
  'POST /api/webhooks/:id/rotate': ofNoRun,
  'DELETE /api/webhooks/:id': ofNoRun,
  'POST /api/webhooks/:id/ping': ofNoRun,
  'GET /api/webhooks/:id/deliveries': ofNoRun,
  'GET /api/webhooks/:id/deliveries/:deliveryId': ({ jobId: id }) => ({ params: { id, deliveryId: id }, answers: [404] }),
  'POST /api/webhooks/:id/deliveries/:deliveryId/redeliver': ({ jobId: id }) => ({ params: { id, deliveryId: id }, answers: [404] }),
  'POST /api/webhooks/:id/redeliver': (target) => ({ ...ofNoRun(target), body: { since: '2026-11-22T00:00:00.000Z' } }),

  'GET /api/events': ({ serverId }) => ({ query: { about: serverId }, foreign: [200] }),
  'GET /api/events/stream': nothing,
  'GET /api/events/by-id/:eventId': ({ eventId }) => ({ params: { eventId } }),
  'GET /api/events/:service/:position': ({ position }) => ({ params: { service: 'provisioning', position: String(position) } }),
  'GET /api/history/export': ({ serverId }) => ({ query: { about: serverId }, foreign: [200] }),
  'GET /api/history/state': ({ serverId }) => ({ query: { of: 'server', id: serverId }, foreign: [200, 404] }),
  'GET /api/history/diff': ({ serverId }) => ({ query: { of: 'server', id: serverId, from: BEGIN }, foreign: [200, 404] }),
  'GET /api/history/why/:eventId': ({ eventId }) => ({ params: { eventId } }),
  'GET /api/history/verify': () => ({ query: { service: 'provisioning' }, answers: [200, 429] }),

  'GET /api/projections': nothing,
  ...Object.fromEntries(['pause', 'resume', 'rebuild', 'switch', 'rollback', 'verify'].map((verb) => [`POST /api/projections/:service/:name/${verb}`, ofNoProjection])),

  'GET /api/audit': nothing,
  'GET /api/audit/installation': nothing,
};
