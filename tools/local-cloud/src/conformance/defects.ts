import { type Official, type Schema } from './document.ts';

/**
 * Where the official document is wrong or says less than the service does. Each entry is one line of why and the
 * change; a spec sees that each is still needed, so that none outlives its defect.
 */
export type Defect = { why: string; mend: (document: Official) => void };

const component = (document: Official, name: string): Schema => {
  const schema = document.components.schemas[name];
  if (!schema) throw new Error(`The extract has no schema ${name}`);
  return schema;
};
const requires = (schema: Schema, ...names: string[]): void => {
  schema['required'] = [...((schema['required'] as string[] | undefined) ?? []), ...names];
};
const answerOf = (document: Official, operation: string, status: string): Schema => {
  const schema = document.operations[operation]?.answers[status]?.schema;
  if (!schema) throw new Error(`The extract has no answer ${operation} ${status}`);
  return schema;
};

/** Answers that are an object with one thing in it, which the document forgets to require. */
const envelopes: readonly [operation: string, status: string, name: string][] = [
  ['GET /v2/droplets/{droplet_id}', '200', 'droplet'],
  ['POST /v2/droplets/{droplet_id}/actions', '201', 'action'],
  ['POST /v2/droplets/actions', '201', 'actions'],
  ['GET /v2/droplets/{droplet_id}/actions/{action_id}', '200', 'action'],
  ['GET /v2/actions/{action_id}', '200', 'action'],
  ['GET /v2/account', '200', 'account'],
  ['GET /v2/droplets', '200', 'droplets'],
  ['GET /v2/droplets/{droplet_id}/actions', '200', 'actions'],
  ['GET /v2/actions', '200', 'actions'],
  ['GET /v2/droplets/{droplet_id}/snapshots', '200', 'snapshots'],
  ['GET /v2/droplets/{droplet_id}/backups', '200', 'backups'],
  ['GET /v2/snapshots', '200', 'snapshots'],
  ['GET /v2/snapshots/{snapshot_id}', '200', 'snapshot'],
  ['GET /v2/tags', '200', 'tags'],
  ['GET /v2/tags/{tag_id}', '200', 'tag'],
  ['POST /v2/tags', '201', 'tag'],
];

export const defects: Readonly<Record<string, Defect>> = {
  envelopes: {
    why: 'the envelopes of most answers have nothing required: an empty object would do',
    mend: (document) => {
      for (const [operation, status, name] of envelopes) requires(answerOf(document, operation, status), name);
    },
  },
  actions: {
    why: 'an action has no required property at all, and without its id, state and subject nobody can follow it',
    mend: (document) => requires(component(document, 'action'), 'id', 'status', 'type', 'started_at', 'completed_at', 'resource_id', 'resource_type', 'region_slug'),
  },
  images: {
    why: 'an image has no required property either',
    mend: (document) => requires(component(document, 'image'), 'id', 'name', 'type', 'distribution', 'slug', 'public', 'regions', 'created_at', 'min_disk_size', 'size_gigabytes', 'status'),
  },
  addressesAndLinks: {
    why: 'nor has an address, or the link to an action',
    mend: (document) => {
      requires(component(document, 'network_v4'), 'ip_address', 'netmask', 'type');
      requires(component(document, 'action_link'), 'id', 'rel', 'href');
    },
  },
  laggingEnums: {
    why: 'the enums of regions and distributions lag the service (atl1 is in neither)',
    mend: (document) => {
      delete component(document, 'region_slug')['enum'];
      delete component(document, 'distribution')['enum'];
    },
  },
  requiredBodies: {
    why: 'the bodies of a create and of an action are not marked required, and the service refuses none',
    mend: (document) => {
      for (const operation of ['POST /v2/droplets', 'POST /v2/droplets/{droplet_id}/actions', 'POST /v2/droplets/actions']) {
        const body = document.operations[operation]?.body;
        if (body) body.required = true;
      }
    },
  },
  argumentsOfActions: {
    why: 'rename, resize, rebuild and restore do not require what they are about',
    mend: (document) => {
      for (const [name, argument] of [['rename', 'name'], ['resize', 'size'], ['rebuild', 'image'], ['restore', 'image']] as const) {
        requires(component(document, `droplet_action_${name}`), 'type', argument);
      }
    },
  },
  actionsByType: {
    why: 'the bodies of actions are unions of overlapping schemas (one of them `oneOf`, which every valid body fails): what is meant is the mapping by type',
    mend: (document) => {
      for (const operation of ['POST /v2/droplets/{droplet_id}/actions', 'POST /v2/droplets/actions']) {
        const body = document.operations[operation]?.body;
        if (body) body.schema = byType(body.schema);
      }
    },
  },
};

/** The branch of its type, and no other. */
const byType = (union: Schema): Schema => {
  const { mapping } = union['discriminator'] as { mapping: Record<string, string> };
  const branches = Object.entries(mapping).map(([type, $ref]) => ({ if: { properties: { type: { const: type } } }, then: { $ref } }));
  return { allOf: [{ type: 'object', properties: { type: { enum: Object.keys(mapping) } }, required: ['type'] }, ...branches] };
};
