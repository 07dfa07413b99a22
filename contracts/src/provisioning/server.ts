/** Servers as people and other services see them: the life cycle's public facts, the read model, the calls. */
import { z } from 'zod';
import { ActionId, AgentId, Instant, JobId, plainText, ProjectId, ServerId } from '../ids.ts';
import { PageRequest, pageOf } from '../paging.ts';
import { defineRequest } from '../request.ts';
import { subjects } from '../subjects.ts';
import { CloudId, CloudKind } from './cloud.ts';

export const ServerStatus = z.enum(['creating', 'provisioning', 'initializing', 'active', 'failed', 'deleting', 'deleted']);
export type ServerStatus = z.infer<typeof ServerStatus>;

const slug = z.string().regex(/^[a-z0-9][a-z0-9.-]{0,63}$/, 'lower-case letters, digits, dots and dashes');

/** Whose turn it is first when many wait for the cloud. `high`: only for admins of the project. */
export const ServerPriority = z.enum(['high', 'normal', 'low']);
export type ServerPriority = z.infer<typeof ServerPriority>;

/** A word that people find servers by. Clouds keep no two that differ in case only. */
export const Tag = z.string().regex(/^[A-Za-z0-9_:-]{1,255}$/, 'letters, digits, _, : and -');
export const MOST_TAGS = 20;
/** What servers get that name no tags, and keep: who filters his fleet by it is to find all of them. */
export const HOST_TAG = 'citrus-host';

/** What a server is made like. The defaults are DigitalOcean's smallest droplet in San Francisco; `ServerWish` leaves them to the cloud. */
export const ServerSpec = z.strictObject({
  name: z.string().regex(/^[a-z0-9]([a-z0-9-]{0,46}[a-z0-9])?$/, '1 to 48 lower-case letters, digits and dashes, as in a host name'),
  region: slug.default('sfo3'),
  size: slug.default('s-1vcpu-512mb-10gb'),
  image: slug.default('ubuntu-22-04-x64'),
  tags: z.array(Tag).max(MOST_TAGS).default([HOST_TAG]),
  sshKeys: z.array(z.union([z.int(), plainText(128)])).max(20).default([]),
  vpcId: z.uuid().optional(),
  backups: z.boolean().default(false),
  ipv6: z.boolean().default(true),
  monitoring: z.boolean().default(true),
  /** With which of the project's credentials; left out: its default one, else the installation's cloud. */
  cloud: CloudId.optional(),
  /** Left out: normal. */
  priority: ServerPriority.optional(),
});
export type ServerSpec = z.infer<typeof ServerSpec>;

/** What somebody asks for: what is left out is what its cloud usually gives. */
export const ServerWish = ServerSpec.extend({ region: slug.optional(), size: slug.optional(), image: slug.optional() });
export type ServerWish = z.infer<typeof ServerWish>;

/** Who makes the machine. `none`: it is there already and joins. */
export const ServerProvider = z.enum([...CloudKind.options, 'none']);
export type ServerProvider = z.infer<typeof ServerProvider>;

/** The public facts of a stream `server-<id>`, in the order of a good life. */
export const ServerRequested = z.object({
  serverId: ServerId, projectId: ProjectId, agentId: AgentId, jobId: JobId, spec: z.object(ServerSpec.shape), at: Instant,
  /** Left out: DigitalOcean, when there was nothing else. */
  provider: ServerProvider.optional(),
  /** The credential that it is made with, and stays with; left out: the installation's cloud. */
  cloudId: CloudId.optional(),
});
export const DropletAccepted = z.object({ serverId: ServerId, attempt: z.int().positive(), dropletRef: z.string(), actionRef: z.string().optional(), at: Instant });
export const DropletReady = z.object({ serverId: ServerId, attempt: z.int().positive(), ipAddress: z.string(), at: Instant });
/** `ipAddress`: where no cloud tells it, the address that the agent has told. */
export const ServerActivated = z.object({ serverId: ServerId, agentId: AgentId, ipAddress: z.string().optional(), at: Instant });
export const ServerFailed = z.object({
  serverId: ServerId, step: z.enum(['creating', 'provisioning', 'initializing', 'deleting']), code: z.string(), reason: z.string(), at: Instant,
});
export const DeletionRequested = z.object({ serverId: ServerId, at: Instant });
export const ServerDeleted = z.object({ serverId: ServerId, at: Instant });
/** An active server's droplet is gone from the cloud, and nobody here has removed it: the server has failed. */
export const MachineMissing = z.object({ serverId: ServerId, dropletRef: z.string(), at: Instant });
/** Somebody has resized the droplet at the cloud, and so it is to be. */
export const SizeAccepted = z.object({ serverId: ServerId, dropletRef: z.string(), size: z.string(), at: Instant });

export const Server = z.object({
  id: ServerId,
  projectId: ProjectId,
  name: z.string(),
  status: ServerStatus,
  /** `none`: it joined. Region, size and image are then `none` too. */
  provider: ServerProvider.default('digitalocean'),
  /** The credential that it was made with; null: the installation's cloud, or none. */
  cloudId: CloudId.nullable().default(null),
  region: z.string(),
  size: z.string(),
  image: z.string(),
  tags: z.array(z.string()),
  dropletRef: z.string().nullable(),
  ipAddress: z.string().nullable(),
  /** Null until the agent has connected for the first time. */
  agentId: AgentId.nullable(),
  /** The present step's story for people: what is awaited, or why it failed. */
  note: z.string().nullable(),
  /** While it waits for the cloud to be asked for its machine: its turn, and what keeps all of them; null otherwise. */
  queue: z.object({ position: z.int().positive(), of: z.int().positive(), waitsFor: z.string().nullable() }).nullable().default(null),
  /** What the cloud shows; null where nobody knows. */
  power: z.enum(['on', 'off']).nullable().default(null),
  /** What is being done with it, since when. */
  action: z.object({ id: ActionId, type: z.string(), since: Instant, note: z.string().nullable() }).nullable().default(null),
  /** Protected: neither deleted nor is its disk written anew. */
  isProtected: z.boolean().default(false),
  /** While somebody works on it: no job is brought to it, and no alert raised. */
  maintenance: z.object({ since: Instant, reason: z.string().nullable() }).nullable().default(null),
  backups: z.boolean().default(false),
  createdAt: Instant,
  updatedAt: Instant,
});
export type Server = z.infer<typeof Server>;

export const createServer = defineRequest({
  subject: subjects.rpc('provisioning', 'server', 'create'),
  input: z.strictObject({ projectId: ProjectId, serverId: ServerId, jobId: JobId, spec: ServerWish }),
  reply: Server,
  access: { by: 'member', role: 'operator' },
});

export const listServers = defineRequest({
  subject: subjects.rpc('provisioning', 'server', 'list'),
  input: z.strictObject({
    projectId: ProjectId,
    status: ServerStatus.optional(),
    name: plainText(64).optional(),
    region: plainText(64).optional(),
    tag: plainText(255).optional(),
    /** Deleted servers are left out unless asked for by status. */
    sort: z.enum(['name', 'createdAt', '-name', '-createdAt']).default('-createdAt'),
    ...PageRequest,
  }),
  reply: pageOf(Server),
  access: { by: 'member', role: 'viewer' },
});

export const readServer = defineRequest({
  subject: subjects.rpc('provisioning', 'server', 'read'),
  input: z.strictObject({ projectId: ProjectId, serverId: ServerId }),
  reply: Server,
  access: { by: 'member', role: 'viewer' },
});

export const deleteServer = defineRequest({
  subject: subjects.rpc('provisioning', 'server', 'delete'),
  input: z.strictObject({ projectId: ProjectId, serverId: ServerId }),
  reply: Server,
  access: { by: 'member', role: 'operator' },
});

/** A failed server tries again under the same id; its old droplet is destroyed first. */
export const retryServer = defineRequest({
  subject: subjects.rpc('provisioning', 'server', 'retry'),
  input: z.strictObject({ projectId: ProjectId, serverId: ServerId }),
  reply: Server,
  access: { by: 'member', role: 'operator' },
});
