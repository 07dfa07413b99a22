/**
 * What we read of DigitalOcean's answers, and no more: the official document requires little, and the service sends
 * less than it requires for a fresh droplet. Links are read for the page number and the id only; following them would
 * carry the token away from the configured address.
 */
import { z } from 'zod';
import type { Instance, OperationState } from './provider.port.ts';

/** Ids outgrow 32 bits; for us they are opaque texts. */
const Id = z.union([z.int().positive(), z.string().min(1)]).transform(String);

const Address = z.object({ ip_address: z.string(), type: z.string() });

const Droplet = z.object({
  id: Id,
  name: z.string(),
  status: z.string(),
  created_at: z.string(),
  tags: z.array(z.string()).nullish(),
  networks: z.object({ v4: z.array(Address).nullish() }).nullish(),
});

const Links = z.object({ pages: z.object({ next: z.string().nullish() }).nullish() }).nullish();

export const CreateAnswer = z.object({
  droplet: z.object({ id: Id }),
  links: z.object({ actions: z.array(z.object({ id: Id, rel: z.string() })).nullish() }).nullish(),
});
export const DropletAnswer = z.object({ droplet: Droplet });
export const ListAnswer = z.object({ droplets: z.array(Droplet), links: Links });
export const ActionAnswer = z.object({ action: z.object({ status: z.string() }) });
export const AccountAnswer = z.object({ account: z.object({ droplet_limit: z.int() }) });
export const ErrorBody = z.object({ id: z.string(), message: z.string() });

const PHASES: Readonly<Record<string, Instance['phase']>> = { new: 'creating', active: 'running', off: 'stopped', archive: 'stopped' };

export const instanceOf = (droplet: z.infer<typeof Droplet>): Instance => {
  const publicIp = droplet.networks?.v4?.find(({ type }) => type === 'public')?.ip_address;
  return {
    ref: droplet.id, name: droplet.name, tags: droplet.tags ?? [], phase: PHASES[droplet.status] ?? 'unknown', createdAt: droplet.created_at,
    ...(publicIp && { publicIp }),
  };
};

export const operationOf = (status: string): OperationState => ({ type: status === 'completed' ? 'done' : status === 'errored' ? 'failed' : 'running' });

/** The number of the next page, from a link that may point anywhere. */
export const nextPageOf = (links: z.infer<typeof Links>): string | undefined => {
  const link = links?.pages?.next;
  if (!link || !URL.canParse(link, 'https://unused')) return undefined;
  const page = new URL(link, 'https://unused').searchParams.get('page');
  return page && /^\d{1,9}$/.test(page) ? page : undefined;
};

/** Oldest first; the creation time has seconds only, so the ids decide within one. */
export const byAge = (a: Instance, b: Instance): number =>
  a.createdAt === b.createdAt ? a.ref.length - b.ref.length || (a.ref < b.ref ? -1 : 1) : a.createdAt < b.createdAt ? -1 : 1;
