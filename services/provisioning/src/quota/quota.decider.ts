/** May this project ask for one more server? Pure: the limits, what is used, and the time go in. */
import type { ProjectId, QuotaLimits, ServerId } from '@citrus/contracts';
import { Refusal } from '@citrus/kit-domain';
import type { QuotaEvent } from './quota.events.ts';

export const HOUR_MS = 3_600_000;

/** `since`: when the requests of the last hour were made, oldest first. */
export type Usage = { readonly servers: number; readonly since: readonly string[] };
export type Asked = { readonly projectId: ProjectId; readonly serverId: ServerId; readonly at: string };

const servers = (count: number): string => (count === 1 ? '1 server' : `${count} servers`);
const ASK = 'or ask an administrator for more';

export const isLimited = ({ servers: most, creationsPerHour }: QuotaLimits): boolean => most !== null || creationsPerHour !== null;

/** The moment from which on fewer than `limit` requests are less than an hour old. */
const nextAt = (since: readonly string[], limit: number): string | undefined => {
  const blocking = since[since.length - limit];
  return blocking && new Date(Date.parse(blocking) + HOUR_MS).toISOString();
};

/** @throws Refusal with the numbers */
export const admit = ({ projectId, serverId, at }: Asked, limits: QuotaLimits, { servers: used, since }: Usage): QuotaEvent[] => {
  if (!isLimited(limits)) return [];
  if (limits.servers !== null && used >= limits.servers) {
    throw new Refusal('quota.servers', `This project may have ${servers(limits.servers)} and has ${used}. Delete one, ${ASK}.`);
  }
  const recent = since.filter((one) => Date.parse(one) > Date.parse(at) - HOUR_MS);
  const { creationsPerHour } = limits;
  if (creationsPerHour !== null && recent.length >= creationsPerHour) {
    const free = creationsPerHour === 0 ? undefined : nextAt(recent, creationsPerHour);
    const when = free ? ` The next one can be asked for from ${free.slice(11, 16)} UTC on;` : '';
    throw new Refusal('quota.creations', `This project may ask for ${servers(creationsPerHour)} an hour and has asked for ${recent.length}.${when ? `${when} wait until then, ${ASK}.` : ` Ask an administrator for more.`}`);
  }
  return [{ type: 'ServerAdmitted', data: { projectId, serverId, at } }];
};
