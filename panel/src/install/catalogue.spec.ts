import { expect, test } from 'vitest';
import type { Installer } from '../api/types.ts';
import { categoriesOf, searchCatalogue } from './catalogue.ts';

const installer = (id: string, category: string, description = ''): Installer => ({ id, name: id, category, description }) as Installer;
const all = [installer('redis', 'database', 'keeps things in memory'), installer('nginx', 'web', 'a web server'), installer('static-site', 'web', 'a page'), installer('webdav', 'files')];

test('categories are counted', () => expect(categoriesOf(all)).toEqual([{ category: 'database', count: 1 }, { category: 'files', count: 1 }, { category: 'web', count: 2 }]));
test.each([
  ['', undefined, ['nginx', 'redis', 'static-site', 'webdav']], ['web', undefined, ['webdav', 'nginx', 'static-site']], ['web', 'web', ['nginx', 'static-site']], ['MEMORY keeps', undefined, ['redis']], ['x y', undefined, []],
])('%s of %s', (wanted, category, ids) => expect(searchCatalogue(all, { wanted, category }).map(({ id }) => id)).toEqual(ids));
