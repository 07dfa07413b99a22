/**
 * What we read of DigitalOcean's answers, and no more: the official document requires little, and the service sends
 * less than it requires for a fresh droplet. Links are read for the page number and the id only; following them would
 * carry the token away from the configured address.
 */
import { z } from 'zod';
import type { Instance, MachineAction, Operation, OperationState, Snapshot } from './provider.port.ts';

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
  size_slug: z.string().nullish(),
  region: z.object({ slug: z.string() }).nullish(),
  image: z.object({ slug: z.string().nullish() }).nullish(),
});

const Action = z.object({ id: Id, type: z.string(), status: z.string(), started_at: z.string() });
const Kept = z.object({ id: Id, name: z.string(), created_at: z.string(), size_gigabytes: z.number().nullish() });

const Links = z.object({ pages: z.object({ next: z.string().nullish() }).nullish() }).nullish();
export type PageLinks = z.infer<typeof Links>;

export const CreateAnswer = z.object({
  droplet: z.object({ id: Id }),
  links: z.object({ actions: z.array(z.object({ id: Id, rel: z.string() })).nullish() }).nullish(),
});
export const DropletAnswer = z.object({ droplet: Droplet });
export const ListAnswer = z.object({ droplets: z.array(Droplet), links: Links, meta: z.object({ total: z.int().nonnegative().nullish() }).nullish() });
export const OperationAnswer = z.object({ action: z.object({ status: z.string() }) });
export const BegunAnswer = z.object({ action: z.object({ id: Id }) });
export const ActionsAnswer = z.object({ actions: z.array(Action), links: Links });
export const SnapshotsAnswer = z.object({ snapshots: z.array(Kept), links: Links });
export const BackupsAnswer = z.object({ backups: z.array(Kept), links: Links });
export const AccountAnswer = z.object({
  account: z.object({ droplet_limit: z.int(), email: z.string().nullish(), status: z.string().nullish(), status_message: z.string().nullish(), team: z.object({ name: z.string() }).nullish() }),
});
export const ErrorBody = z.object({ id: z.string(), message: z.string() });

const PHASES: Readonly<Record<string, Instance['phase']>> = { new: 'creating', active: 'running', off: 'stopped', archive: 'stopped' };

export const instanceOf = (droplet: z.infer<typeof Droplet>): Instance => {
  const publicIp = droplet.networks?.v4?.find(({ type }) => type === 'public')?.ip_address;
  return {
    ref: droplet.id, name: droplet.name, tags: droplet.tags ?? [], phase: PHASES[droplet.status] ?? 'unknown', createdAt: droplet.created_at,
    size: droplet.size_slug ?? '', region: droplet.region?.slug ?? '', image: droplet.image?.slug ?? null,
    ...(publicIp && { publicIp }),
  };
};

export const operationOf = (status: string): OperationState => ({ type: status === 'completed' ? 'done' : status === 'errored' ? 'failed' : 'running' });

/** The service's words for actions. */
export const ACTION_WORDS: Readonly<Record<MachineAction['type'], string>> = {
  'power-on': 'power_on', 'power-off': 'power_off', shutdown: 'shutdown', reboot: 'reboot', 'power-cycle': 'power_cycle', 'enable-backups': 'enable_backups', 'disable-backups': 'disable_backups',
  resize: 'resize', rename: 'rename', rebuild: 'rebuild', snapshot: 'snapshot', restore: 'restore',
};
const OUR_WORDS = new Map(Object.entries(ACTION_WORDS).map(([ours, theirs]) => [theirs, ours]));

export const operationIn = ({ id, type, started_at, status }: z.infer<typeof Action>): Operation => ({ opRef: id, type: OUR_WORDS.get(type) ?? type, startedAt: started_at, state: operationOf(status).type });

export const keptIn = (kind: Snapshot['kind']) => ({ id, name, created_at, size_gigabytes }: z.infer<typeof Kept>): Snapshot => ({ ref: id, name, kind, createdAt: created_at, sizeGigabytes: size_gigabytes ?? null });

/** The number of the next page, from a link that may point anywhere. */
export const nextPageOf = (links: PageLinks): string | undefined => {
  const link = links?.pages?.next;
  if (!link || !URL.canParse(link, 'https://unused')) return undefined;
  const page = new URL(link, 'https://unused').searchParams.get('page');
  return page && /^\d{1,9}$/.test(page) ? page : undefined;
};
