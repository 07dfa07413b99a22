/** What DigitalOcean offers an account: its regions, sizes and distributions that are available now. */
import { z } from 'zod';
import type { CallBudget } from './call-budget.ts';
import { CloudClient, readAs } from './cloud-client.ts';
import type { CloudOffers } from './cloud-offers.ts';
import { Unavailable } from '@citrus/kit-domain';

const Regions = z.object({ regions: z.array(z.object({ slug: z.string(), name: z.string(), available: z.boolean().nullish() })) });
const Sizes = z.object({
  sizes: z.array(z.object({ slug: z.string(), memory: z.number(), vcpus: z.number(), disk: z.number(), regions: z.array(z.string()), available: z.boolean().nullish(),
    description: z.string().nullish(), price_monthly: z.number().nullish(), price_hourly: z.number().nullish() })),
});
const Images = z.object({ images: z.array(z.object({ slug: z.string().nullish(), name: z.string(), distribution: z.string().nullish(), status: z.string().nullish() })) });

const READ_MS = 15_000;

export class DigitalOceanOffers {
  readonly #client: CloudClient;

  constructor(options: { readonly url: string; readonly token: string; readonly budget: CallBudget }) {
    this.#client = new CloudClient(options);
  }

  async read(): Promise<CloudOffers> {
    const [{ regions }, { sizes }, { images }] = await Promise.all([this.#read('/v2/regions', Regions), this.#read('/v2/sizes', Sizes), this.#read('/v2/images', Images, { type: 'distribution' })]);
    const open = regions.filter(({ available }) => available !== false);
    return {
      regions: open.map(({ slug, name }) => ({ slug, name })),
      sizes: sizes
        .filter((size) => size.available !== false && size.regions.length > 0)
        .map(({ slug, memory, vcpus, disk, regions: where, description, price_monthly: monthly, price_hourly: hourly }) => ({
          slug, cpus: vcpus, memory, disk, regions: where, ...(description && { group: description }),
          ...(typeof monthly === 'number' && typeof hourly === 'number' && { price: { currency: 'USD' as const, monthly, hourly } }),
        })),
      images: images.flatMap(({ slug, name, distribution, status }) => (slug && status !== 'retired' ? [{ slug, name: [distribution, name].filter(Boolean).join(' ') }] : [])),
    };
  }

  async #read<Schema extends z.ZodType>(path: string, schema: Schema, query: Record<string, string> = {}): Promise<z.infer<Schema>> {
    const { status, body } = await this.#client.call({ method: 'GET', path, query: { ...query, per_page: '200' }, timeoutMs: READ_MS, priority: 'look' });
    if (status !== 200) throw new Unavailable(`The cloud answered ${status} when it was asked what it offers.`, { retryAfterMs: 5000 });
    return readAs(schema, body, path);
  }

  close(): Promise<void> {
    return this.#client.close();
  }
}
