/** The bodies that the Hetzner face reads, as strict as docs.hetzner.cloud. */
import { z } from 'zod';
import type { Cloud, Order } from '../cloud/cloud.ts';
import { HetznerProblem, invalid } from './problem.ts';
import { findLocation, findSystemImage, findType, tagsOf, type Labels } from './words.ts';

const MAX_USER_DATA_BYTES = 32_768;
const hostname = /^[a-zA-Z0-9](?:[a-zA-Z0-9.-]{0,61}[a-zA-Z0-9])?$/;
const labelKey = /^(?:[a-z0-9A-Z](?:[-_.a-z0-9A-Z]{0,253}[a-z0-9A-Z])?\/)?[a-z0-9A-Z](?:[-_.a-z0-9A-Z]{0,61}[a-z0-9A-Z])?$/;
const labelValue = /^(?:[a-z0-9A-Z](?:[-_.a-z0-9A-Z]{0,61}[a-z0-9A-Z])?)?$/;

const IdOrName = z.union([z.string().min(1), z.int().positive()]);
const Labels = z.record(z.string(), z.string());
const Body = z.object({
  name: z.string(), server_type: IdOrName, image: IdOrName, location: IdOrName.nullish(), labels: Labels.nullish(), ssh_keys: z.array(IdOrName).nullish(), user_data: z.string().nullish(),
  start_after_create: z.boolean().nullish(), public_net: z.object({ enable_ipv4: z.boolean(), enable_ipv6: z.boolean() }).nullish(), networks: z.array(z.int()).nullish(),
});

/** What the body says, or the field that is wrong. */
export const readBody = <Schema extends z.ZodType>(schema: Schema, raw: unknown): z.infer<Schema> => {
  const parsed = schema.safeParse(raw);
  if (parsed.success) return parsed.data;
  throw invalid(String(parsed.error.issues[0]?.path[0] ?? 'body'), parsed.error.issues[0]?.message ?? 'invalid');
};

export const readName = (name: string): string => {
  if (!hostname.test(name)) throw invalid('name', 'must be a valid hostname');
  return name;
};

const checkLabels = (labels: Labels): Labels => {
  for (const [key, value] of Object.entries(labels)) {
    if (!labelKey.test(key) || !labelValue.test(value)) throw invalid('labels', `the label ${key} is not correctly formatted`);
  }
  return labels;
};

/** A system image by name or id, or a snapshot by id. */
const imageOf = (ref: string | number, cloud: Cloud): string => {
  const image = findSystemImage(ref)?.slug ?? cloud.snapshots.find(ref)?.id;
  if (image === undefined) throw invalid('image', 'image not found');
  return String(image);
};

export const readCreateRequest = (raw: unknown, cloud: Cloud): Order => {
  const body = readBody(Body, raw);
  const type = findType(body.server_type);
  if (!type) throw invalid('server_type', 'server type not found');
  const location = findLocation(body.location ?? 'fsn1');
  if (!location) throw invalid('location', 'location not found');
  if (body.ssh_keys?.length) throw invalid('ssh_keys', 'ssh key not found');
  if (body.networks?.length) throw invalid('networks', 'network not found');
  if (Buffer.byteLength(body.user_data ?? '') > MAX_USER_DATA_BYTES) throw invalid('user_data', 'must not be longer than 32KiB');
  const { unavailableRegions, unavailableSizes } = cloud.weather.faults;
  const wanted = [location.name, location.region, type.name, type.size];
  if (wanted.some((one) => unavailableRegions.includes(one) || unavailableSizes.includes(one))) throw new HetznerProblem(412, 'resource_unavailable', 'error during placement');
  return {
    name: readName(body.name), size: type.size, region: location.region, image: imageOf(body.image, cloud), tags: tagsOf(checkLabels(body.labels ?? {})), features: [],
    ...(body.user_data ? { userData: body.user_data } : {}),
  };
};
