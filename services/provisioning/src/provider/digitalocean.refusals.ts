/** What DigitalOcean's refusals of a create mean, in words for the person who asked for the server. */
import { plainText, type Answer } from './cloud-client.ts';
import type { CreateOutcome, OperationKey, MachineSpec } from './provider.port.ts';
import { ErrorBody } from './digitalocean.wire.ts';

export type Refusal = Extract<CreateOutcome, { type: 'rejected' }>;

const SOON_MS = 10_000;
const LATER_MS = 30_000;

/** The body of an error, if it is one; proxies before the service answer with HTML. */
export const messageOf = (body: unknown): string => {
  const parsed = ErrorBody.safeParse(body);
  return parsed.success ? plainText(parsed.data.message) : '';
};

/** A proxy has pages for 404, too; only the service knows what it does not have. */
export const isAbsent = ({ status, body }: Answer): boolean => status === 404 && ErrorBody.safeParse(body).data?.id === 'not_found';

export const isDropletLimit = (status: number, body: unknown): boolean => status === 422 && /exceed your droplet limit/i.test(messageOf(body));

const rejected = (code: string, reason: string, retryAfterMs: number | null): Refusal => ({ type: 'rejected', code, reason, retryAfterMs });

const unprocessable = (message: string, spec: MachineSpec): Refusal => {
  if (/region is not available/i.test(message)) return rejected('region.unavailable', `The region ${spec.region} takes no new droplets at the moment.`, LATER_MS);
  if (/size is not available in this region/i.test(message)) return rejected('size.unavailable', `The size ${spec.size} is not available in the region ${spec.region}.`, null);
  const invalid = /invalid (size|region|image)/i.exec(message)?.[1]?.toLowerCase();
  if (invalid === 'size' || invalid === 'region' || invalid === 'image') return rejected(`${invalid}.unknown`, `The cloud has no ${invalid} named ${spec[invalid]}.`, null);
  if (/ssh key/i.test(message)) return rejected('ssh_key.unknown', 'The cloud does not know one of the SSH keys.', null);
  if (/pending event|please try again/i.test(message)) return rejected('cloud.busy', `The cloud is busy: ${message}`, SOON_MS);
  return rejected('cloud.refused', `The cloud refused the droplet: ${message || 'it gave no reason'}`, null);
};

/** @param limit the account's droplet limit, where it is known */
export const dropletLimitReached = (limit: number | undefined): Refusal =>
  rejected('account.droplet_limit', limit === undefined ? 'The account’s droplet limit is reached.' : `The account’s droplet limit of ${limit} is reached.`, LATER_MS);

/** Undefined: the status does not say whether a droplet was made. */
export const refusalOf = (status: number, body: unknown, spec: MachineSpec): Refusal | undefined => {
  const message = messageOf(body);
  switch (status) {
    case 401: return rejected('cloud.unauthorized', 'The cloud does not accept its credential. Check the API token.', null);
    case 403: return rejected('cloud.forbidden', 'The cloud’s credential may not create droplets. Give the API token that right.', null);
    case 422: return unprocessable(message, spec);
    case 429: return rejected('cloud.rate_limited', 'The cloud takes no more requests at the moment.', SOON_MS);
    case 400: case 404: case 405: case 409: case 410: case 413: case 415: return rejected('cloud.refused', `The cloud refused the droplet: ${message || `status ${status}`}`, null);
    default: return undefined;
  }
};

/** GPU droplets are left out of every list that does not ask for them. */
export const isGpu = (key: Pick<OperationKey, 'size'>): boolean => key.size.startsWith('gpu-');
