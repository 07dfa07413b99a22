/** What a token must be allowed for each operation, as the official document says (of its volume scopes none is needed here). */
const scopes: Readonly<Record<string, readonly string[]>> = {
  'POST /v2/droplets': ['droplet:create'],
  'GET /v2/droplets': ['droplet:read'],
  'DELETE /v2/droplets': ['droplet:delete'],
  'GET /v2/droplets/:id': ['droplet:read'],
  'DELETE /v2/droplets/:id': ['droplet:delete'],
  'POST /v2/droplets/:id/actions': ['droplet:update'],
  'GET /v2/droplets/:id/actions': ['droplet:read'],
  'GET /v2/droplets/:id/actions/:action': ['droplet:read'],
  'POST /v2/droplets/actions': ['droplet:update'],
  'GET /v2/droplets/:id/snapshots': ['droplet:read'],
  'GET /v2/droplets/:id/backups': ['droplet:read'],
  'GET /v2/actions': ['actions:read'],
  'GET /v2/actions/:id': ['actions:read'],
  'GET /v2/snapshots': ['snapshot:read'],
  'GET /v2/snapshots/:id': ['snapshot:read'],
  'DELETE /v2/snapshots/:id': ['image:delete', 'snapshot:delete'],
  'GET /v2/account': ['account:read'],
  'GET /v2/sizes': ['sizes:read', 'regions:read'],
  'GET /v2/regions': ['regions:read'],
  'GET /v2/images': ['image:read'],
  'GET /v2/images/:id': ['image:read'],
  'DELETE /v2/images/:id': ['image:delete'],
  'GET /v2/tags': ['tag:read'],
  'POST /v2/tags': ['tag:create'],
  'GET /v2/tags/:tag': ['tag:read'],
  'DELETE /v2/tags/:tag': ['tag:delete'],
  'POST /v2/tags/:tag/resources': ['tag:create'],
  'DELETE /v2/tags/:tag/resources': ['tag:delete'],
};

/** By the route as it is declared here; an unknown one needs nothing, because it is not found anyway. */
export const scopesOf = (method: string, route: string | undefined): readonly string[] =>
  // Hetzner's tokens may read, or read and write.
  route?.startsWith('/hetzner/') ? (method === 'GET' ? [] : ['hetzner:write']) : (scopes[`${method} ${route ?? ''}`] ?? []);
/** What a create needs besides, by what it names: a token without these makes droplets, but not with tags. */
export const scopesOfCreate = (body: unknown): readonly string[] => {
  const named = (body ?? {}) as { image?: unknown; tags?: unknown[] | null; ssh_keys?: unknown[] | null; vpc_uuid?: unknown };
  return [
    ...(named.image === undefined ? [] : ['image:read']),
    ...(named.tags?.length ? ['tag:create'] : []),
    ...(named.ssh_keys?.length ? ['ssh_key:read'] : []),
    ...(named.vpc_uuid ? ['vpc:read'] : []),
  ];
};

export const scopedOperations = Object.keys(scopes);
