/** The plans that a cloud offers in a region, as people compare them: by kind, the cheapest first, with their price there. Pure. */
import type { CloudCatalog, SizePrice } from '@citrus/contracts';
import { SIZES } from './server-choices.ts';

export type Plan = { readonly slug: string; readonly text: string; readonly price?: Omit<SizePrice, 'byRegion'> };
export type PlanGroup = { readonly group: string; readonly plans: readonly Plan[] };
type Size = CloudCatalog['sizes'][number];

const GIGABYTE_MB = 1024;
export const memoryText = (megabytes: number): string => (megabytes < GIGABYTE_MB ? `${megabytes} MB` : `${Math.round((megabytes / GIGABYTE_MB) * 10) / 10} GB`);

const planOf = ({ slug, cpus, memory, disk, price }: Size, region: string): Plan => ({
  slug, text: `${cpus} vCPU · ${memoryText(memory)} · ${disk} GB`,
  ...(price && { price: { currency: price.currency, ...(price.byRegion?.[region] ?? { monthly: price.monthly, hourly: price.hourly }) } }),
});

const byPrice = (a: Plan, b: Plan): number => (a.price?.monthly ?? Infinity) - (b.price?.monthly ?? Infinity) || a.slug.localeCompare(b.slug, 'en', { numeric: true });
const holds = ({ slug, text }: Plan, group: string, words: readonly string[]): boolean => {
  const whole = `${slug} ${text} ${group}`.toLowerCase();
  return words.every((word) => whole.includes(word));
};

/** `wanted`: words that all have to be in a plan's name, figures or kind. The one that is picked is always there. */
export const plansIn = (catalog: CloudCatalog | undefined, { region, wanted, picked }: { readonly region: string; readonly wanted: string; readonly picked: string }): PlanGroup[] => {
  const words = wanted.toLowerCase().split(/\s+/).filter(Boolean);
  if (!catalog) return [{ group: '', plans: SIZES.map(({ value, text }) => ({ slug: value, text })) }];
  const groups = new Map<string, Plan[]>();
  for (const size of catalog.sizes.filter(({ regions }) => regions.includes(region))) {
    const [group, plan] = [size.group ?? '', planOf(size, region)];
    if (plan.slug === picked || holds(plan, group, words)) groups.set(group, [...(groups.get(group) ?? []), plan]);
  }
  const sorted = [...groups].map(([group, plans]) => ({ group, plans: plans.toSorted(byPrice) }));
  return sorted.toSorted((a, b) => (a.plans[0] && b.plans[0] ? byPrice(a.plans[0], b.plans[0]) : 0));
};

export const priceOf = (groups: readonly PlanGroup[], slug: string): Plan['price'] => groups.flatMap(({ plans }) => plans).find((plan) => plan.slug === slug)?.price;

/** As in $6.00 and $0.00893. */
export const money = (amount: number, currency: string): string => new Intl.NumberFormat('en', { style: 'currency', currency, maximumFractionDigits: amount < 1 ? 5 : 2 }).format(amount);
