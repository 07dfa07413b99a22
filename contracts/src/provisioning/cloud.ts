/**
 * The cloud credentials of a project: with whose account its servers are made. A token comes in once and never goes out
 * again; people know it by its last characters.
 */
import { z } from 'zod';
import { Instant, nameText, ProjectId } from '../ids.ts';
import { pageOf, shortList } from '../paging.ts';
import { defineRequest } from '../request.ts';
import { subjects } from '../subjects.ts';

export const CloudId = z.uuid().brand('CloudId');
export type CloudId = z.infer<typeof CloudId>;

export const CloudKind = z.enum(['digitalocean', 'hetzner']);
export type CloudKind = z.infer<typeof CloudKind>;

/** What a cloud's page of API tokens gives to be copied. So long that its last characters give nothing away. */
export const CloudToken = z.string().regex(/^[\x21-\x7e]{16,512}$/, 'the API token as the cloud shows it: 16 to 512 characters, without spaces');

export const CloudName = nameText(100).min(1);
/** Only one that the operator of this installation allows. */
const BaseUrl = z.url({ protocol: /^https?$/, error: 'must be http://… or https://…' }).max(300);

export const Cloud = z.object({
  id: CloudId,
  projectId: ProjectId,
  name: z.string(),
  kind: CloudKind,
  /** Null: the cloud's own public address. */
  baseUrl: z.string().nullable(),
  /** The last four characters of the token in use. */
  tokenEnd: z.string(),
  /** Servers of the project that name no cloud are made with it. */
  isDefault: z.boolean(),
  /** `refused`: the cloud no longer accepts the token; the servers wait for another one. */
  status: z.enum(['good', 'refused', 'removing']),
  /** What is wrong, for people. */
  note: z.string().nullable(),
  /** What the cloud calls the account that the token is of. */
  account: z.string().nullable(),
  machineLimit: z.number().nullable(),
  testedAt: Instant,
  rotatedAt: Instant.nullable(),
  createdAt: Instant,
  /** How many servers that are not deleted were made with it. */
  servers: z.int().nonnegative(),
});
export type Cloud = z.infer<typeof Cloud>;

/** `installation`: the cloud that the operator has set up for everybody. */
export const CloudChoice = z.union([CloudId, z.literal('installation')]);
export type CloudChoice = z.infer<typeof CloudChoice>;

export const CloudList = pageOf(Cloud).extend({
  /** What servers are made with when neither they nor the project name a cloud. */
  installation: z.object({ kind: CloudKind, isDefault: z.boolean() }),
});
export type CloudList = z.infer<typeof CloudList>;

const Price = z.object({ monthly: z.number(), hourly: z.number() });
/** As the cloud tells it, without tax. `byRegion`: where it is another one; `monthly` is then the least. */
export const SizePrice = Price.extend({ currency: z.enum(['USD', 'EUR']), byRegion: z.record(z.string(), Price).optional() });
export type SizePrice = z.infer<typeof SizePrice>;

/** What can be asked for with a credential, as its cloud lists it now. */
export const CloudCatalog = z.object({
  kind: CloudKind,
  regions: z.array(z.object({ slug: z.string(), name: z.string() })),
  /** `regions`: where it can be had; memory in MB, disk in GB. `group`: the cloud’s name of the kind of machine. */
  sizes: z.array(z.object({ slug: z.string(), cpus: z.number(), memory: z.number(), disk: z.number(), regions: z.array(z.string()), group: z.string().optional(), price: SizePrice.optional() })),
  images: z.array(z.object({ slug: z.string(), name: z.string() })),
  /** What a server gets that names none. */
  defaults: z.object({ region: z.string(), size: z.string(), image: z.string() }),
});
export type CloudCatalog = z.infer<typeof CloudCatalog>;

const rpc = (verb: string) => subjects.rpc('provisioning', 'cloud', verb);
const byAdmin = { by: 'member', role: 'admin' } as const;
const byOperator = { by: 'member', role: 'operator' } as const;
const one = { projectId: ProjectId, cloudId: CloudId };

export const NewCloud = z.strictObject({ name: CloudName, kind: CloudKind, baseUrl: BaseUrl.optional(), token: CloudToken });
export type NewCloud = z.infer<typeof NewCloud>;

/** The token is tested first. `cloudId` is chosen by who asks: asking twice adds one. */
export const addCloud = defineRequest({ subject: rpc('add'), input: z.strictObject({ ...one, ...NewCloud.shape }), reply: Cloud, access: byAdmin });
export const CloudQuery = { kind: CloudKind.optional(), status: Cloud.shape.status.optional(), ...shortList('createdAt') };
export const listClouds = defineRequest({ subject: rpc('list'), input: z.strictObject({ projectId: ProjectId, ...CloudQuery }), reply: CloudList, access: byOperator });
/** Asks the cloud whether it accepts the token; a bad one is an answer too. */
export const testCloud = defineRequest({ subject: rpc('test'), input: z.strictObject(one), reply: Cloud, access: byAdmin });
/** The new token is tested before the old one is given up. */
export const rotateCloudToken = defineRequest({ subject: rpc('rotate'), input: z.strictObject({ ...one, token: CloudToken }), reply: Cloud, access: byAdmin });
export const chooseDefaultCloud = defineRequest({ subject: rpc('choose-default'), input: z.strictObject({ projectId: ProjectId, cloudId: CloudChoice }), reply: CloudList, access: byAdmin });
/** Refused while servers use it. Its token is destroyed. */
export const removeCloud = defineRequest({ subject: rpc('remove'), input: z.strictObject(one), reply: z.object({}), access: byAdmin });
export const readCloudCatalog = defineRequest({ subject: rpc('catalog'), input: z.strictObject({ projectId: ProjectId, cloudId: CloudChoice }), reply: CloudCatalog, access: byOperator });
