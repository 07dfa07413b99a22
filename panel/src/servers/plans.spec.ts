import type { CloudCatalog } from '@citrus/contracts';
import { expect, test } from 'vitest';
import { money, plansIn, priceOf } from './plans.ts';

const size = (slug: string, more: object = {}) => ({ slug, cpus: 1, memory: 1024, disk: 25, regions: ['fra1', 'sfo3'], ...more });
const catalog = {
  kind: 'hetzner', regions: [], images: [], defaults: { region: 'fra1', size: 'a', image: 'i' },
  sizes: [
    size('dear', { group: 'Dedicated', price: { currency: 'EUR', monthly: 20, hourly: 0.03 } }), size('mid', { group: 'Shared', memory: 512, price: { currency: 'EUR', monthly: 6, hourly: 0.009 } }),
    size('cheap', { group: 'Shared', price: { currency: 'EUR', monthly: 4, hourly: 0.006, byRegion: { sfo3: { monthly: 5, hourly: 0.0075 } } } }), size('elsewhere', { regions: ['nyc3'] }), size('unpriced', { group: 'Shared' }),
  ],
} as unknown as CloudCatalog;
const slugs = (asked: { region?: string; wanted?: string; picked?: string }) => plansIn(catalog, { region: 'fra1', wanted: '', picked: '', ...asked }).map(({ group, plans }) => [group, plans.map(({ slug }) => slug)]);

test('plans stand by kind, the cheapest first, and only where they can be had', () => {
  expect(slugs({})).toEqual([['Shared', ['cheap', 'mid', 'unpriced']], ['Dedicated', ['dear']]]);
  expect(slugs({ region: 'nyc3' })).toEqual([['', ['elsewhere']]]);
});
test('all words have to be there, and what is picked stays', () => {
  expect(slugs({ wanted: '512 mb shared' })).toEqual([['Shared', ['mid']]]);
  expect(slugs({ wanted: 'dedicated', picked: 'mid' })).toEqual([['Shared', ['mid']], ['Dedicated', ['dear']]]);
  expect(slugs({ wanted: 'nothing like it' })).toEqual([]);
});
test('a price is the region’s own', () => {
  const priceIn = (region: string) => priceOf(plansIn(catalog, { region, wanted: '', picked: '' }), 'cheap');
  expect([priceIn('fra1'), priceIn('sfo3')]).toEqual([{ currency: 'EUR', monthly: 4, hourly: 0.006 }, { currency: 'EUR', monthly: 5, hourly: 0.0075 }]);
  expect([money(6, 'USD'), money(0.00893, 'USD')]).toEqual(['$6.00', '$0.00893']);
});
test('until the cloud has answered there is what people mostly take', () => expect(plansIn(undefined, { region: 'fra1', wanted: '', picked: '' })[0]?.plans.length).toBeGreaterThan(3));
