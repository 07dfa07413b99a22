import type { CloudCatalog, CloudList } from '@citrus/contracts';
import { describe, expect, test } from 'vitest';
import { cloudChoicesOf, defaultOf, offerOf } from './cloud-choices.ts';

const catalog: CloudCatalog = {
  kind: 'hetzner', defaults: { region: 'nbg1', size: 'cx22', image: 'ubuntu-22.04' },
  regions: [{ slug: 'fsn1', name: 'Falkenstein' }, { slug: 'nbg1', name: 'Nuremberg' }],
  sizes: [{ slug: 'cx22', cpus: 2, memory: 4096, disk: 40, regions: ['fsn1', 'nbg1'] }, { slug: 'cax11', cpus: 2, memory: 512, disk: 40, regions: ['fsn1'] }],
  images: [{ slug: 'debian-12', name: 'Debian 12' }, { slug: 'ubuntu-22.04', name: 'Ubuntu 22.04' }],
};
const words = { usual: (name: string) => `Usual: ${name}`, installation: 'Ours', kinds: { digitalocean: 'DigitalOcean', hetzner: 'Hetzner' } };
const listOf = (...items: object[]) => ({ items, installation: { kind: 'digitalocean', isDefault: true } }) as unknown as CloudList;

describe('the create form offers', () => {
  test('what people mostly take, until the cloud has answered', () => expect(offerOf(undefined, { region: 'fra1' }).picked).toEqual({ region: 'fra1', size: 's-1vcpu-512mb-10gb', image: 'ubuntu-22-04-x64' }));
  test('what the cloud has, and picks what is usual there', () => {
    const { regions, sizes, picked } = offerOf(catalog, {});
    expect(picked).toEqual({ region: 'nbg1', size: 'cx22', image: 'ubuntu-22.04' });
    expect(regions.map(({ text }) => text)).toEqual(['Falkenstein (fsn1)', 'Nuremberg (nbg1)']);
    expect(sizes.map(({ text }) => text)).toEqual(['2 vCPU · 4 GB · 40 GB (cx22)']);
  });
  test('sizes of the region, and keeps what was picked where there is such a thing', () => {
    expect(offerOf(catalog, { region: 'fsn1', size: 'cax11', image: 'debian-12' }).picked).toEqual({ region: 'fsn1', size: 'cax11', image: 'debian-12' });
    expect(offerOf(catalog, { region: 'sfo3', size: 'cax11', image: 'ubuntu-22-04-x64' }).picked).toEqual({ region: 'nbg1', size: 'cx22', image: 'ubuntu-22.04' });
    expect(offerOf({ ...catalog, sizes: [] }, {}).picked.size).toBe('cx22');
  });
  test('no choice of clouds where there is none to choose from, and none whose token is refused', () => {
    expect([cloudChoicesOf(undefined, words), cloudChoicesOf(listOf(), words)]).toEqual([[], []]);
    const list = listOf({ id: 'a', name: 'lab', kind: 'hetzner', status: 'good', isDefault: true }, { id: 'b', name: 'old', kind: 'hetzner', status: 'refused', isDefault: false }, { id: 'c', name: 'new', kind: 'digitalocean', status: 'good', isDefault: false });
    expect(cloudChoicesOf(list, words)).toEqual([{ value: '', text: 'Usual: lab' }, { value: 'c', text: 'new (DigitalOcean)' }]);
    expect([defaultOf(list), defaultOf(listOf())]).toEqual(['a', 'installation']);
  });
});
