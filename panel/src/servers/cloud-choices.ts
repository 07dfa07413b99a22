/** What the create form offers: what the chosen cloud has now, and until it has answered, what people mostly take. */
import type { CloudCatalog, CloudKind, CloudList } from '@citrus/contracts';
import { IMAGES, REGIONS, SIZES, type Choice } from './server-choices.ts';

export type Picked = { readonly region: string; readonly size: string; readonly image: string };
export type Offer = { readonly regions: readonly Choice[]; readonly sizes: readonly Choice[]; readonly images: readonly Choice[]; readonly picked: Picked };

const MEGABYTES_OF_A_GIGABYTE = 1024;
const memoryOf = (megabytes: number): string => (megabytes < MEGABYTES_OF_A_GIGABYTE ? `${megabytes} MB` : `${Math.round((megabytes / MEGABYTES_OF_A_GIGABYTE) * 10) / 10} GB`);

/** What was picked, as long as there is such a thing; else what is usual, else the first one. */
const pick = (wanted: string | undefined, usual: string, choices: readonly Choice[]): string =>
  [wanted, usual].find((value) => choices.some((choice) => choice.value === value)) ?? choices[0]?.value ?? usual;

const USUAL: Picked = { region: 'sfo3', size: 's-1vcpu-512mb-10gb', image: 'ubuntu-22-04-x64' };

/** `wanted`: what somebody has picked so far, perhaps for another cloud or region. */
export const offerOf = (catalog: CloudCatalog | undefined, wanted: Partial<Picked>): Offer => {
  if (!catalog) return { regions: REGIONS, sizes: SIZES, images: IMAGES, picked: { region: pick(wanted.region, USUAL.region, REGIONS), size: pick(wanted.size, USUAL.size, SIZES), image: pick(wanted.image, USUAL.image, IMAGES) } };
  const regions = catalog.regions.map(({ slug, name }) => ({ value: slug, text: `${name} (${slug})` }));
  const region = pick(wanted.region, catalog.defaults.region, regions);
  const sizes = catalog.sizes
    .filter((size) => size.regions.includes(region))
    .map(({ slug, cpus, memory, disk }) => ({ value: slug, text: `${cpus} vCPU · ${memoryOf(memory)} · ${disk} GB (${slug})` }));
  const images = catalog.images.map(({ slug, name }) => ({ value: slug, text: name }));
  return { regions, sizes, images, picked: { region, size: pick(wanted.size, catalog.defaults.size, sizes), image: pick(wanted.image, catalog.defaults.image, images) } };
};

/** With what a server is made that names none: by its id, or the installation's. */
export const defaultOf = (list: CloudList | undefined): string => list?.items.find(({ isDefault }) => isDefault)?.id ?? 'installation';

/** Only where there is something to choose. The empty value is the default. */
export const cloudChoicesOf = (list: CloudList | undefined, words: { usual: (name: string) => string; installation: string; kinds: Record<CloudKind, string> }): readonly Choice[] => {
  if (!list || list.items.length === 0) return [];
  const usable = list.items.filter(({ status }) => status === 'good');
  const usual = list.items.find(({ isDefault }) => isDefault);
  return [{ value: '', text: words.usual(usual?.name ?? words.installation) }, ...usable.filter(({ isDefault }) => !isDefault).map(({ id, name, kind }) => ({ value: id, text: `${name} (${words.kinds[kind]})` }))];
};
