/** What a cloud has to offer. */
import { CloudCatalog, CloudList } from '@citrus/contracts';
import { openApi, type Api } from '../api/api.ts';
import { called } from '../output/choice.ts';
import { tableOf } from '../output/table.ts';
import { processTerminal, type Terminal } from '../output/terminal.ts';
import type { CloudOptions } from './cloud.command.ts';

const INSTALLATION = 'installation';
const usual = (slug: string, preset: string): string => (slug === preset ? 'usual' : '');

export const showCatalog = async (which: string, { json }: CloudOptions, { api = openApi(), terminal = processTerminal() }: { readonly api?: Api; readonly terminal?: Terminal } = {}): Promise<void> => {
  const id = which === INSTALLATION ? INSTALLATION : called((await api.json({ path: '/api/clouds' }, CloudList)).items, which, { what: 'cloud', code: 'cloud.not_found', list: 'citrus clouds list' }).id;
  const catalog = await api.json({ path: `/api/clouds/${id}/catalog` }, CloudCatalog);
  if (json) return terminal.out(JSON.stringify(catalog));
  const { regions, sizes, images, defaults } = catalog;
  await terminal.out(`${tableOf(['REGION', '', 'NAME'], regions.map(({ slug, name }) => [slug, usual(slug, defaults.region), name]), terminal)}\n`);
  await terminal.out(`${tableOf(['SIZE', '', 'CPUS', 'MEMORY MB', 'DISK GB', 'IN'], sizes.map(({ slug, cpus, memory, disk, regions: where }) => [slug, usual(slug, defaults.size), String(cpus), String(memory), String(disk), where.join(' ')]), terminal)}\n`);
  await terminal.out(tableOf(['IMAGE', '', 'NAME'], images.map(({ slug, name }) => [slug, usual(slug, defaults.image), name]), terminal));
};
