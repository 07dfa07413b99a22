/**
 * What we read of Hetzner Cloud's answers, and no more. Shapes: docs.hetzner.cloud as of 2026 (github.com/MaximilianKoestler/
 * hcloud-openapi@5f93a6da) and hcloud-go@b8cfa39d, `schema/`. A server lost its `datacenter` in July 2026; where it is
 * stands in `location`.
 */
import { z } from 'zod';
import { tagsOf } from './hetzner.labels.ts';
import type { Instance, MachineAction, Operation, OperationState, Snapshot } from './provider.port.ts';

/** Ids have 64 bits; for us they are opaque texts. */
const Id = z.union([z.int().positive(), z.string().min(1)]).transform(String);
const Named = z.object({ name: z.string().nullish() });

const Server = z.object({
  id: Id,
  name: z.string(),
  status: z.string(),
  created: z.string(),
  labels: z.record(z.string(), z.string()).nullish(),
  public_net: z.object({ ipv4: z.object({ ip: z.string() }).nullish() }).nullish(),
  server_type: Named.nullish(),
  location: Named.nullish(),
  image: Named.nullish(),
});
const Action = z.object({ id: Id, command: z.string(), status: z.string(), started: z.string() });
const Image = z.object({ id: Id, status: z.string(), type: z.string(), description: z.string().nullish(), created: z.string().nullish(), image_size: z.number().nullish(), created_from: z.object({ id: Id }).nullish() });
const Meta = z.object({ pagination: z.object({ next_page: z.int().positive().nullish(), total_entries: z.int().nonnegative().nullish() }).nullish() }).nullish();

export const CreateAnswer = z.object({ server: z.object({ id: Id }), action: z.object({ id: Id }).nullish() });
export const ServerAnswer = z.object({ server: Server });
export const ServersAnswer = z.object({ servers: z.array(Server), meta: Meta });
export const BegunAnswer = z.object({ action: z.object({ id: Id }) });
export const OperationAnswer = z.object({ action: z.object({ status: z.string() }) });
export const ActionsAnswer = z.object({ actions: z.array(Action), meta: Meta });
export const ImagesAnswer = z.object({ images: z.array(Image), meta: Meta });

/** `starting` and the like are on their way from one to another; what they end in shows soon. */
const PHASES: Readonly<Record<string, Instance['phase']>> = { initializing: 'creating', running: 'running', off: 'stopped' };

export const instanceOf = (server: z.infer<typeof Server>): Instance => {
  const publicIp = server.public_net?.ipv4?.ip;
  return {
    ref: server.id, name: server.name, tags: tagsOf(server.labels ?? {}), phase: PHASES[server.status] ?? 'unknown', createdAt: server.created,
    size: server.server_type?.name ?? '', region: server.location?.name ?? '', image: server.image?.name ?? null,
    ...(publicIp && { publicIp }),
  };
};

export const operationOf = (status: string): OperationState => ({ type: status === 'success' ? 'done' : status === 'error' ? 'failed' : 'running' });

const OUR_WORDS: Readonly<Record<string, MachineAction['type']>> = {
  start_server: 'power-on', stop_server: 'power-off', shutdown_server: 'shutdown', reboot_server: 'reboot', reset_server: 'power-cycle', enable_backup: 'enable-backups', disable_backup: 'disable-backups',
  change_server_type: 'resize', rebuild_server: 'rebuild', create_image: 'snapshot',
};

export const operationIn = ({ id, command, started, status }: z.infer<typeof Action>): Operation => ({ opRef: id, type: OUR_WORDS[command] ?? command, startedAt: started, state: operationOf(status).type });

export const isUsable = ({ status }: z.infer<typeof Image>): boolean => status === 'available';
export const isOf = (ref: string) => ({ created_from: origin }: z.infer<typeof Image>): boolean => origin?.id === ref;

/** An image made from a server has a description and no name. */
export const snapshotIn = ({ id, type, description, created, image_size }: z.infer<typeof Image>): Snapshot => ({
  ref: id, name: description ?? '', kind: type === 'backup' ? 'backup' : 'snapshot', createdAt: created ?? '', sizeGigabytes: image_size ?? null,
});

export type PageMeta = z.infer<typeof Meta>;
export const nextPageOf = (meta: PageMeta): number | undefined => meta?.pagination?.next_page ?? undefined;
