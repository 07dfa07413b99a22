import { z } from 'zod';
import { findImage, findSize, isOffered } from '../cloud/catalog.ts';
import { type Cloud } from '../cloud/cloud.ts';
import { type ActionType, actionTypes } from '../cloud/power.ts';
import { type Action, type Droplet, type Snapshot } from '../cloud/state.ts';
import { readName } from './create-droplet.request.ts';
import { notFound, pendingEvent, unprocessable } from './problem.ts';

/** The body of POST …/actions, and whether it makes sense for this droplet now. */
const Body = z.object({
  type: z.enum(actionTypes),
  name: z.string().nullish(),
  size: z.string().nullish(),
  disk: z.boolean().nullish(),
  image: z.union([z.string(), z.int()]).nullish(),
});
export type ActionRequest = z.infer<typeof Body>;
type Details = Pick<Action, 'argument' | 'withDisk' | 'imageId'>;

/** Only a droplet that runs can be told to stop. */
const needsPower: ReadonlySet<ActionType> = new Set(['power_off', 'shutdown', 'reboot', 'power_cycle']);

export const readActionRequest = (raw: unknown): ActionRequest => {
  const parsed = Body.safeParse(raw);
  if (!parsed.success) throw unprocessable(`Not an action that the local cloud can do: ${z.prettifyError(parsed.error).replaceAll('\n', ' ')}`);
  return parsed.data;
};

/** One at a time; and only what makes sense now. */
export const orderAction = (cloud: Cloud, droplet: Droplet, body: ActionRequest): Action => {
  if (droplet.deleteAt !== undefined) throw notFound();
  if (cloud.pendingAction(droplet) || droplet.status === 'new') throw pendingEvent();
  const isOff = droplet.status === 'off';
  if (body.type === 'power_on' && !isOff) throw unprocessable('Droplet is already powered on.');
  if (isOff && needsPower.has(body.type)) throw unprocessable('Droplet is already powered off.');
  return cloud.begin(body.type, droplet, detailsOf(cloud, droplet, body));
};

const detailsOf = (cloud: Cloud, droplet: Droplet, body: ActionRequest): Details => {
  switch (body.type) {
    case 'rename':
      return { argument: readName(body.name ?? '') };
    case 'resize':
      return resizeTo(cloud, droplet, body);
    case 'rebuild':
      return { argument: imageToRebuildFrom(cloud, droplet, body) };
    case 'restore':
      return { argument: String(snapshotOf(cloud, droplet, body).id) };
    case 'snapshot':
      return { argument: body.name || `${droplet.name}-${Date.now()}`, imageId: cloud.snapshots.newId() };
    case 'enable_backups':
      if (droplet.features.includes('backups')) throw unprocessable('Backups are already enabled for this Droplet.');
      return {};
    case 'disable_backups':
      if (!droplet.features.includes('backups')) throw unprocessable('Backups are not enabled for this Droplet.');
      return {};
    case 'power_on':
    case 'power_off':
    case 'shutdown':
    case 'reboot':
    case 'power_cycle':
      return {};
  }
};

const resizeTo = (cloud: Cloud, droplet: Droplet, body: ActionRequest): Details => {
  const size = findSize(body.size ?? '');
  if (!size) throw unprocessable('You specified an invalid size.');
  if (!isOffered(size, droplet.region)) throw unprocessable('Size is not available in this region.');
  if (size.slug === droplet.size) throw unprocessable('Droplet already has that size.');
  if (size.disk < cloud.diskOf(droplet)) throw unprocessable('This size is not available because it has a smaller disk.');
  if (droplet.status !== 'off') throw unprocessable('This Droplet is running. Please power off before resizing.');
  return { argument: size.slug, withDisk: body.disk ?? false };
};

const imageToRebuildFrom = (cloud: Cloud, droplet: Droplet, body: ActionRequest): string => {
  const ref = body.image ?? '';
  const snapshot = cloud.snapshots.find(ref);
  if (snapshot) refuseLargeImage(snapshot, cloud.diskOf(droplet));
  const image = findImage(ref)?.slug ?? snapshot?.id;
  if (image === undefined) throw unprocessable('You specified an invalid image.');
  return String(image);
};

/** Only one of its own, as the document says. */
const snapshotOf = (cloud: Cloud, droplet: Droplet, body: ActionRequest): Snapshot => {
  const snapshot = cloud.snapshots.find(body.image ?? '');
  if (snapshot?.dropletId !== droplet.id) throw unprocessable('You specified an invalid image.');
  return snapshot;
};

const refuseLargeImage = (snapshot: Snapshot, disk: number): void => {
  if (snapshot.minDisk > disk) throw unprocessable('This image requires a larger disk.');
};
