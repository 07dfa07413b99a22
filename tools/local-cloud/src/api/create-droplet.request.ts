import { z } from 'zod';
import { findImage, findRegion, findSize, isOffered } from '../cloud/catalog.ts';
import { type Order } from '../cloud/cloud.ts';
import { type Snapshot } from '../cloud/state.ts';
import { unprocessable } from './problem.ts';

/** The body of POST /v2/droplets, as strict as the official document and with the service's own texts. */
export const maxUserDataBytes = 65_536;

const hostname = /^[a-zA-Z0-9]?[a-z0-9A-Z.-]*[a-z0-9A-Z]$/;
const tagPattern = /^[a-zA-Z0-9_\-:]+$/;
export const isTag = (text: string) => text.length <= 255 && tagPattern.test(text);

const Body = z.object({
  name: z.string().optional(),
  names: z.array(z.string()).optional(),
  region: z.string().nullish(),
  size: z.string(),
  image: z.union([z.string(), z.int()]),
  ssh_keys: z.array(z.union([z.string(), z.int()])).nullish(),
  backups: z.boolean().nullish(),
  ipv6: z.boolean().nullish(),
  monitoring: z.boolean().nullish(),
  tags: z.array(z.string()).nullish(),
  user_data: z.string().nullish(),
  private_networking: z.boolean().nullish(),
  volumes: z.array(z.union([z.string(), z.object({ id: z.string() })])).nullish(),
  vpc_uuid: z.string().nullish(),
  with_droplet_agent: z.boolean().nullish(),
  public_networking: z.boolean().nullish(),
});
type Body = z.infer<typeof Body>;

/** What the account may choose from beside the catalogue. */
export type Offer = { unavailableRegions: readonly string[]; unavailableSizes: readonly string[]; findSnapshot: (id: string | number) => Snapshot | undefined };

export const readCreateRequest = (raw: unknown, offer: Offer): { orders: Order[]; many: boolean } => {
  const parsed = Body.safeParse(raw);
  if (!parsed.success) throw unprocessable(z.prettifyError(parsed.error).replaceAll('\n', ' '));
  const body = parsed.data;
  const names = namesOf(body);
  const order = commonOrder(body, offer);
  return { orders: names.map((name) => ({ ...order, name })), many: body.names !== undefined };
};

const namesOf = ({ name, names }: Body): string[] => {
  if ((name === undefined) === (names === undefined)) throw unprocessable("Name can't be blank");
  const all = names ?? [name ?? ''];
  if (all.length === 0) throw unprocessable("Name can't be blank");
  if (all.length > 10) throw unprocessable('You can only create up to 10 Droplets at a time.');
  for (const one of all) readName(one);
  return all;
};

export const readName = (name: string): string => {
  if (name === '') throw unprocessable("Name can't be blank");
  if (name.length > 255) throw unprocessable('Name is too long (maximum is 255 characters)');
  if (!hostname.test(name)) throw unprocessable('Only valid hostname characters are allowed. (a-z, A-Z, 0-9, . and -)');
  return name;
};

const commonOrder = (body: Body, { unavailableRegions, unavailableSizes, findSnapshot }: Offer): Omit<Order, 'name'> => {
  const invalid = (what: string) => unprocessable(`You specified an invalid ${what} for Droplet creation.`);
  const size = findSize(body.size) ?? fail(invalid('size'));
  const region = findRegion(body.region) ?? fail(invalid('region'));
  const image = findImage(body.image)?.slug ?? ownImage(body, size.disk, findSnapshot) ?? fail(invalid('image'));
  if (unavailableRegions.includes(region.slug)) throw unprocessable('Region is not available');
  if (!isOffered(size, region.slug) || unavailableSizes.includes(size.slug)) throw unprocessable('Size is not available in this region.');
  refuseWhatIsNotThere(body);
  const features = [body.backups ? 'backups' : '', body.monitoring ? 'monitoring' : '', 'private_networking'].filter(Boolean);
  return {
    size: size.slug,
    region: region.slug,
    image,
    tags: [...new Set(body.tags)],
    features,
    ...(body.user_data ? { userData: body.user_data } : {}),
    ...(body.vpc_uuid ? { vpcUuid: body.vpc_uuid } : {}),
  };
};

/** A snapshot of this account, as an image. */
const ownImage = ({ image }: Body, disk: number, findSnapshot: Offer['findSnapshot']): string | undefined => {
  const snapshot = findSnapshot(image);
  if (snapshot && snapshot.minDisk > disk) throw unprocessable('This image requires a larger disk.');
  return snapshot && String(snapshot.id);
};

const refuseWhatIsNotThere = (body: Body): void => {
  if (body.ssh_keys?.length) throw unprocessable('invalid ssh key ids');
  if (body.volumes?.length) throw unprocessable('The volumes were not found.');
  if (body.public_networking === false && body.ipv6) throw unprocessable('ipv6 needs public networking.');
  if (!(body.tags ?? []).every(isTag)) throw unprocessable('Tags may only contain letters, numbers, colons, dashes, and underscores.');
  if (Buffer.byteLength(body.user_data ?? '') > maxUserDataBytes) throw unprocessable('User data is too long (maximum is 64 KiB)');
};

const fail = (problem: Error): never => {
  throw problem;
};
