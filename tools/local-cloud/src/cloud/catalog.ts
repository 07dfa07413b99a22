/** What can be ordered: a small, real excerpt of DigitalOcean's regions, sizes and images. */

export type Region = { slug: string; name: string };
export type Size = { slug: string; memory: number; vcpus: number; disk: number; transfer: number; monthly: number; notIn?: readonly string[] };
export type Image = { id: number; slug: string; distribution: string; release: string; created: string };

export const regions: readonly Region[] = [
  { slug: 'nyc1', name: 'New York 1' },
  { slug: 'nyc3', name: 'New York 3' },
  { slug: 'ams3', name: 'Amsterdam 3' },
  { slug: 'sfo3', name: 'San Francisco 3' },
  { slug: 'sgp1', name: 'Singapore 1' },
  { slug: 'lon1', name: 'London 1' },
  { slug: 'fra1', name: 'Frankfurt 1' },
  { slug: 'tor1', name: 'Toronto 1' },
  { slug: 'blr1', name: 'Bangalore 1' },
  { slug: 'syd1', name: 'Sydney 1' },
];

export const sizes: readonly Size[] = [
  { slug: 's-1vcpu-512mb-10gb', memory: 512, vcpus: 1, disk: 10, transfer: 0.5, monthly: 4 },
  { slug: 's-1vcpu-1gb', memory: 1024, vcpus: 1, disk: 25, transfer: 1, monthly: 6 },
  { slug: 's-1vcpu-2gb', memory: 2048, vcpus: 1, disk: 50, transfer: 2, monthly: 12 },
  { slug: 's-2vcpu-2gb', memory: 2048, vcpus: 2, disk: 60, transfer: 3, monthly: 18 },
  { slug: 's-2vcpu-4gb', memory: 4096, vcpus: 2, disk: 80, transfer: 4, monthly: 24 },
  { slug: 's-4vcpu-8gb', memory: 8192, vcpus: 4, disk: 160, transfer: 5, monthly: 48 },
  { slug: 's-8vcpu-16gb', memory: 16384, vcpus: 8, disk: 320, transfer: 6, monthly: 96, notIn: ['blr1'] },
];

export const images: readonly Image[] = [
  { id: 128_218_340, slug: 'debian-12-x64', distribution: 'Debian', release: '12 x64', created: '2023-06-13T16:00:00Z' },
  { id: 129_211_873, slug: 'ubuntu-22-04-x64', distribution: 'Ubuntu', release: '22.04 (LTS) x64', created: '2023-03-07T17:01:02Z' },
  { id: 155_133_621, slug: 'ubuntu-24-04-x64', distribution: 'Ubuntu', release: '24.04 (LTS) x64', created: '2024-05-10T20:03:34Z' },
];

/** Not every region has every size. */
export const isOffered = (size: Size, region: string): boolean => !size.notIn?.includes(region);
export const findSize = (slug: string): Size | undefined => sizes.find((size) => size.slug === slug);
export const findImage = (ref: string | number): Image | undefined =>
  images.find((image) => image.slug === ref || String(image.id) === String(ref));

/** A region may be named by its beginning (`nyc`), or not at all. */
export const findRegion = (slug: string | null | undefined): Region | undefined =>
  slug ? regions.find((region) => region.slug === slug) ?? regions.find((region) => region.slug.replace(/\d+$/, '') === slug) : regions[1];

export const sizeOf = (slug: string): Size => known(findSize(slug), slug);
export const imageOf = (slug: string): Image => known(findImage(slug), slug);
export const regionOf = (slug: string): Region => known(findRegion(slug), slug);

const known = <T>(found: T | undefined, slug: string): T => {
  if (!found) throw new Error(`The state names ${slug}, which this version does not offer`);
  return found;
};
