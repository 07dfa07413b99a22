import { randomInt } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { findImage, type Image, imageOf } from './catalog.ts';
import { type Droplet, type Snapshot, type State } from './state.ts';

/** Copies of droplets' disks. They outlive their droplets and may be the image of another one. */
export class Snapshots {
  readonly #state: State;
  readonly #dir: string;

  constructor(state: State, dir: string) {
    this.#state = state;
    this.#dir = dir;
  }

  all(): readonly Snapshot[] {
    return this.#state.snapshots.filter(({ isGone }) => isGone !== true);
  }

  of(droplet: Droplet): Snapshot[] {
    return this.all().filter(({ dropletId }) => dropletId === droplet.id);
  }

  find(id: string | number): Snapshot | undefined {
    const found = this.#findAny(id);
    return found?.isGone === true ? undefined : found;
  }

  #findAny(id: string | number): Snapshot | undefined {
    return this.#state.snapshots.find((one) => String(one.id) === String(id));
  }

  newId(): number {
    this.#state.nextImageId += 1 + randomInt(5);
    return this.#state.nextImageId;
  }

  /** The disk is there before the state names it: a crash between the two leaves only a stray folder. */
  add(id: number, name: string, droplet: Droplet, disk: number): void {
    if (this.find(id)) return;
    this.#state.snapshots.push({ id, name, dropletId: droplet.id, region: droplet.region, image: this.system(droplet.image), minDisk: disk, createdAt: Date.now() });
  }

  /** The droplets made from it still say which it was. */
  async remove(snapshot: Snapshot): Promise<void> {
    snapshot.isGone = true;
    await rm(this.folder(snapshot.id), { recursive: true, force: true, maxRetries: 3 });
  }

  /** Folders that a crash left between a copy and its entry, or between an entry's end and its folder's. */
  async sweep(): Promise<void> {
    const parent = join(this.#dir, 'snapshots');
    const known = new Set(this.folders());
    for (const name of existsSync(parent) ? readdirSync(parent) : []) {
      if (!known.has(join(parent, name))) await rm(join(parent, name), { recursive: true, force: true });
    }
  }

  folder(id: string | number): string {
    return join(this.#dir, 'snapshots', String(id));
  }

  folders(): string[] {
    return this.all().map(({ id }) => this.folder(id));
  }

  /** What runs on a droplet made from this image, which may be a snapshot of a droplet made from a snapshot. */
  system(image: string): string {
    return findImage(image)?.slug ?? this.#findAny(image)?.image ?? image;
  }

  distributionOf(image: string): Image {
    return imageOf(this.system(image));
  }
}
