import { InstallerManifest, type Installer } from '@citrus/contracts';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { circleIn, missingBefore } from './dependency-order.ts';

const installer = (id: string, dependsOn: readonly (string | { installer: string; version: string })[] = [], version = '1.0.0'): Installer => ({
  ...InstallerManifest.parse({ id, name: id.toUpperCase(), version, description: 'x', category: 'web', author: 'x', depends_on: dependsOn.map((each) => (typeof each === 'string' ? { installer: each } : each)) }),
  digest: `sha256:${'aa'.repeat(64)}`,
}) as unknown as Installer;
const known = (all: readonly Installer[], present: Record<string, string> = {}) => ({ find: (id: string) => all.find((each) => each.id === id), present: new Map(Object.entries(present)) });
const idsOf = (wanted: Installer, all: readonly Installer[], present?: Record<string, string>) => missingBefore(wanted, known(all, present)).map((each) => each.installer.id);

describe('what is missing', () => {
  const all = [installer('wordpress', ['php', 'mariadb']), installer('php', ['nginx']), installer('nginx'), installer('mariadb')];
  test('comes before what needs it', () => expect(idsOf(all[0]!, all)).toEqual(['nginx', 'php', 'mariadb']));
  test('is only what is not there', () => expect(idsOf(all[0]!, all, { php: '8.0.0' })).toEqual(['mariadb']));
  test('waits for what it depends on itself', () => expect(missingBefore(all[0]!, known(all)).map(({ waitsFor }) => waitsFor)).toEqual([[], ['nginx'], []]));
  test('is nothing for most', () => expect(idsOf(all[2]!, all)).toEqual([]));
  test('must be there to be installed', () => expect(() => idsOf(installer('aa', ['bb']), [])).toThrow('there is no such installer here'));
  test('must have the version that is needed', () => {
    const picky = installer('aa', [{ installer: 'bb', version: '>=2' }]);
    expect(() => idsOf(picky, [installer('bb')])).toThrow('AA needs bb >=2, and this server has only 1.0.0 to offer');
    expect(() => idsOf(picky, [installer('bb', [], '2.1.0')], { bb: '1.9.0' })).toThrow('this server has 1.9.0. Upgrade bb first.');
    expect(idsOf(picky, [installer('bb', [], '2.1.0')])).toEqual(['bb']);
  });
  test('in a circle has no order, and the circle is named', () => {
    const round = [installer('aa', ['bb']), installer('bb', ['cc']), installer('cc', ['aa'])];
    expect(() => idsOf(round[0]!, round)).toThrow('aa → bb → cc → aa');
    expect(() => idsOf(installer('xx', ['aa']), round)).toThrow('aa → bb → cc → aa');
    expect(() => idsOf(installer('self', ['self']), [])).toThrow('self → self');
  });
});

describe('a graph', () => {
  const names = ['aa', 'bb', 'cc', 'dd', 'ee', 'ff'];
  const graphs = fc.array(fc.subarray(names), { minLength: names.length, maxLength: names.length }).map((edges) => names.map((name, index) => installer(name, edges[index])));
  test('has an order that keeps every dependency, or a circle that is one', () => {
    fc.assert(fc.property(graphs, (all) => {
      const circle = circleIn(all);
      const dependsOn = (id: string) => all.find((each) => each.id === id)!.depends_on.map((each) => each.installer as string);
      if (circle) {
        expect(circle.length).toBeGreaterThan(1);
        expect(circle[0]).toBe(circle.at(-1));
        for (const [index, id] of circle.slice(0, -1).entries()) expect(dependsOn(id)).toContain(circle[index + 1]);
        return;
      }
      for (const wanted of all) {
        const order = idsOf(wanted, all);
        for (const [index, id] of order.entries()) expect(order.slice(0, index)).toEqual(expect.arrayContaining(dependsOn(id)));
        expect(order).toEqual(expect.arrayContaining(dependsOn(wanted.id)));
      }
    }));
  });
});
