/**
 * What the panel and the API do, the command line does as well. The routes are those of docs/authorisation.md, which a test
 * holds against the hub; the calls are read from the sources of the CLI. Where a call is put together of pieces, the file that
 * does so is named here with the piece, and it must still stand in it.
 */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (file: string): string => readFileSync(join(root, file), 'utf8');
const routes = [...read('docs/authorisation.md').matchAll(/^\| `((?:GET|POST|DELETE) \/[^`]*)` \|/gm)].map(([, route = '']) => route);
const sources = globSync('cli/src/**/*.ts', { cwd: root }).filter((file) => !file.endsWith('.spec.ts') && !file.includes('/testing/')).map((file) => ({ file, text: read(file) }));

/** `GET /api/servers/:` of each path that stands in one piece; a piece in `${}` is one segment. */
const callsIn = (text: string): string[] =>
  [...text.matchAll(/['`](\/api\/[^'`?\s]*|\/\.well-known[^'`]*)['`]/g)].map((match) => {
    const [, path = ''] = match;
    const before = text.slice(0, match.index);
    const call = before.slice(Math.max(before.lastIndexOf('{ method'), before.lastIndexOf('{ path'), before.lastIndexOf('({')));
    const method = /method: (?:[^,']*)'(GET|POST|DELETE)'/.exec(call.slice(-90))?.[1] ?? 'GET';
    return `${method} ${path.replaceAll(/\$\{[^}]*\}/g, ':')}`;
  });
const calls = new Set(sources.flatMap(({ text }) => callsIn(text)));
const shapeOf = (route: string): string => route.replaceAll(/:[A-Za-z]+/g, ':');

/** Put together of pieces: in which file, and what must stand there. */
const COMPOSED: Readonly<Record<string, readonly [file: string, ...pieces: string[]]>> = {
  'POST /api/keys/access-tokens/rotate': ['cli/src/administration/keys.command.ts', '/api/keys/access-tokens/rotate'],
  'POST /api/keys/commands/rotate': ['cli/src/administration/keys.command.ts', '/api/keys/commands/rotate'],
  'POST /api/servers/:id/actions': ['cli/src/server/servers.ts', "path: '/actions'"],
  'POST /api/servers/:id/rebuild': ['cli/src/server/servers.ts', "path: '/rebuild'"],
  'POST /api/servers/:id/restore': ['cli/src/server/servers.ts', "path: '/restore'"],
  'POST /api/servers/:id/protection': ['cli/src/server/servers.ts', "path: '/protection'"],
  'POST /api/servers/:id/maintenance': ['cli/src/server/servers.ts', "path: '/maintenance'"],
  'DELETE /api/servers/:id/snapshots/:ref': ['cli/src/server/servers.ts', "method: 'DELETE', path: `/snapshots/"],
  'GET /api/servers/:id/apps': ['cli/src/app/apps.ts', '/apps`'],
  'GET /api/servers/:id/apps/:installer': ['cli/src/app/apps.ts', 'path: pathOf(server, app)'],
  'POST /api/servers/:id/apps/:installer/changes': ['cli/src/app/change.ts', "pathOf(server, app, '/changes')"],
  'GET /api/servers/:id/apps/:installer/changes/:changeId': ['cli/src/app/change.ts', '`${path}/${asked.id}`'],
  'POST /api/servers/:id/apps/:installer/jobs': ['cli/src/app/act.ts', "pathOf(server, app, '/jobs')"],
  'GET /api/quota': ['cli/src/administration/quotas.ts', "path: '/api/quota'"],
  'GET /api/reconcile': ['cli/src/reconcile/reconcile.ts', "'/api/reconcile'", "'GET' : 'POST'"],
  'POST /api/reconcile': ['cli/src/reconcile/reconcile.ts', "'/api/reconcile'", "'GET' : 'POST'"],
  'GET /api/reconcile/installation': ['cli/src/reconcile/reconcile.ts', "'/api/reconcile/installation'"],
  'POST /api/reconcile/installation': ['cli/src/reconcile/reconcile.ts', "'/api/reconcile/installation'"],
  'POST /api/reconcile/:finding/repair': ['cli/src/reconcile/reconcile.ts', '/repair`'],
  'POST /api/reconcile/installation/:finding/repair': ['cli/src/reconcile/reconcile.ts', "'/installation' : ''", '/repair`'],
  'POST /api/users/:id/administrator': ['cli/src/people/users.ts', "'DELETE' : 'POST'", '/administrator`'],
  'DELETE /api/users/:id/administrator': ['cli/src/people/users.ts', "'DELETE' : 'POST'", '/administrator`'],
  'POST /api/installation/second-factor': ['cli/src/session/second-factor.ts', "'/api/installation/second-factor'", "method: 'POST', path: POLICY"],
  'POST /api/doctor/parked/:service/:consumer/retry': ['cli/src/doctor/parked.ts', '/retry`'],
  'POST /api/doctor/parked/:service/:consumer/:position/skip': ['cli/src/doctor/parked.ts', '/skip`'],
};
for (const verb of ['pause', 'resume']) {
  Object.assign(COMPOSED, {
    [`POST /api/runs/:id/${verb}`]: ['cli/src/run/runs.ts', '/api/runs/${id}/${verb}'], [`POST /api/schedules/:id/${verb}`]: ['cli/src/schedule/schedules.ts', '/api/schedules/${id}/${verb}'],
  });
}
for (const verb of ['pause', 'resume']) Object.assign(COMPOSED, { [`POST /api/groups/:id/${verb}`]: ['cli/src/group/groups.ts', '/api/groups/${id}/${verb}'] });
for (const verb of ['pause', 'resume', 'rollback', 'switch', 'rebuild']) Object.assign(COMPOSED, { [`POST /api/projections/:service/:name/${verb}`]: ['cli/src/history/projections.ts', '/api/projections/${service}/${name}/${action}'] });
for (const verb of ['pause', 'resume']) Object.assign(COMPOSED, { [`POST /api/webhooks/:id/${verb}`]: ['cli/src/webhook/webhooks.ts', '/api/webhooks/${id}/${verb}'] });
for (const verb of ['cancel', 'retry', 'uninstall']) Object.assign(COMPOSED, { [`POST /api/installed-bundles/:id/${verb}`]: ['cli/src/bundle/installed.ts', '/api/installed-bundles/${found.id}/${verb}'] });
Object.assign(COMPOSED, { 'POST /api/runs/:id/retry': ['cli/src/run/runs.ts', '/api/runs/${id}/${verb}'] });

const BROWSER = 'a link that somebody opens in a browser, who has no session yet';
/** Not for a command line, with the reason. */
const EXEMPT: Readonly<Record<string, string>> = {
  'GET /*': 'the panel itself', 'GET /.well-known/jwks.json': 'keys for programs that check tokens', 'GET /api/openapi.json': 'documentation', 'GET /api/health': 'for load balancers; citrus doctor asks more',
  'POST /api/agents/enrol': 'agents', 'POST /api/agents/renew': 'agents', 'GET /api/agents/install.sh': 'machines that join', 'GET /api/artifacts/:digest': 'agents',
  'GET /api/auth/oidc': 'the sign-in page', 'GET /api/auth/oidc/callback': 'browsers', 'GET /api/auth/oidc/start': 'browsers', 'POST /api/auth/oidc/link': 'sends a browser to the provider',
  'POST /api/claim': BROWSER, 'POST /api/recovery': BROWSER, 'POST /api/invitations/accept': BROWSER, 'POST /api/invitations/accept-signed-in': BROWSER, 'POST /api/invitations/read': BROWSER,
  'POST /api/servers/board': 'one screen of the panel in one answer; citrus servers, jobs and apps list the same', 'GET /api/schedules/:id': 'citrus schedules lists them whole', 'GET /api/groups/:id': 'citrus groups lists them whole', 'GET /api/webhooks/:id': 'citrus webhooks lists them whole',
  'GET /api/jobs/:id/stream': 'the log is read in pages, without a gap: GET /api/jobs/:id/log',
};

const reaches = (route: string): boolean => {
  const [file, ...pieces] = COMPOSED[route] ?? [];
  if (file !== undefined) return pieces.every((piece) => read(file).includes(piece));
  return calls.has(shapeOf(route));
};

test('every route that is not for browsers or agents alone has a command', () => {
  expect(routes.length).toBeGreaterThan(130);
  expect(routes.filter((route) => EXEMPT[route] === undefined && !reaches(route))).toEqual([]);
});

test('nothing is excused or put together that is no route any more', () => {
  expect([...Object.keys(EXEMPT), ...Object.keys(COMPOSED)].filter((route) => !routes.includes(route))).toEqual([]);
});
