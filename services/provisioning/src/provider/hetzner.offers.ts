/** What Hetzner Cloud offers a project: its locations, server types and system images that are available now. */
import type { SizePrice } from '@citrus/contracts';
import { Unavailable } from '@citrus/kit-domain';
import { z } from 'zod';
import type { CallBudget } from './call-budget.ts';
import { CloudClient, readAs } from './cloud-client.ts';
import type { CloudOffers } from './cloud-offers.ts';

const Meta = z.object({ pagination: z.object({ next_page: z.int().nullish() }).nullish() }).nullish();
const Locations = z.object({ locations: z.array(z.object({ name: z.string(), city: z.string().nullish(), description: z.string().nullish() })), meta: Meta });
/** A decimal number as text. */
const Amount = z.object({ net: z.string() }).nullish();
const ServerTypes = z.object({
  server_types: z.array(z.object({
    name: z.string(), cores: z.number(), memory: z.number(), disk: z.number(), deprecation: z.unknown().nullish(),
    cpu_type: z.string().nullish(), architecture: z.string().nullish(),
    prices: z.array(z.object({ location: z.string(), price_monthly: Amount, price_hourly: Amount })).nullish(),
  })),
  meta: Meta,
});
const Images = z.object({ images: z.array(z.object({ name: z.string().nullish(), description: z.string().nullish(), deprecated: z.string().nullish() })), meta: Meta });

const READ_MS = 15_000;
/** The most that one page may have. */
const PAGE = '50';
const MOST_PAGES = 20;
const MEGABYTES = 1024;

type Priced = NonNullable<z.infer<typeof ServerTypes>['server_types'][number]['prices']>;

const groupOf = (cpuType: string | null | undefined, architecture: string | null | undefined) =>
  cpuType ? { group: `${cpuType === 'dedicated' ? 'Dedicated' : 'Shared'} vCPU${architecture ? ` (${architecture})` : ''}` } : {};

/** Each location has its own; the least of them stands for the size. */
const priceOf = (prices: Priced): { price?: SizePrice } => {
  const known = prices.flatMap(({ location, price_monthly: month, price_hourly: hour }) => {
    const [monthly, hourly] = [Number(month?.net), Number(hour?.net)];
    return Number.isFinite(monthly) && Number.isFinite(hourly) ? [[location, { monthly, hourly }] as const] : [];
  });
  const least = known.map(([, price]) => price).toSorted((a, b) => a.monthly - b.monthly)[0];
  return least ? { price: { currency: 'EUR', ...least, byRegion: Object.fromEntries(known) } } : {};
};

type Paged = { readonly meta?: z.infer<typeof Meta> };

export class HetznerOffers {
  readonly #client: CloudClient;

  constructor(options: { readonly url: string; readonly token: string; readonly budget: CallBudget }) {
    this.#client = new CloudClient(options);
  }

  async read(): Promise<CloudOffers> {
    const [locations, types, images] = await Promise.all([this.#all('/v1/locations', Locations), this.#all('/v1/server_types', ServerTypes), this.#all('/v1/images', Images, { type: 'system', status: 'available' })]);
    // One name stands for the images of all architectures.
    const named = new Map(images.flatMap((page) => page.images).flatMap(({ name, description, deprecated }) => (name && !deprecated ? [[name, description ?? name] as const] : [])));
    return {
      regions: locations.flatMap((page) => page.locations).map(({ name, city, description }) => ({ slug: name, name: city ?? description ?? name })),
      sizes: types
        .flatMap((page) => page.server_types)
        .filter(({ deprecation, prices }) => !deprecation && (prices?.length ?? 0) > 0)
        .map(({ name, cores, memory, disk, prices, cpu_type: cpuType, architecture }) => ({
          slug: name, cpus: cores, memory: memory * MEGABYTES, disk, regions: prices?.map(({ location }) => location) ?? [], ...groupOf(cpuType, architecture), ...priceOf(prices ?? []),
        })),
      images: [...named].map(([slug, name]) => ({ slug, name })),
    };
  }

  async #all<Schema extends z.ZodType<Paged>>(path: string, schema: Schema, query: Record<string, string> = {}): Promise<z.infer<Schema>[]> {
    const pages: z.infer<Schema>[] = [];
    for (let page: number | null | undefined = 1; page && pages.length < MOST_PAGES; ) {
      const { status, body } = await this.#client.call({ method: 'GET', path, query: { ...query, per_page: PAGE, page: String(page) }, timeoutMs: READ_MS, priority: 'look' });
      if (status !== 200) throw new Unavailable(`The cloud answered ${status} when it was asked what it offers.`, { retryAfterMs: 5000 });
      const read: z.infer<Schema> = readAs(schema, body, path);
      pages.push(read);
      page = read.meta?.pagination?.next_page;
    }
    return pages;
  }

  close(): Promise<void> {
    return this.#client.close();
  }
}
