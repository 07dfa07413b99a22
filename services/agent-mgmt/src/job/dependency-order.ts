/**
 * What has to be on a server before an installer's action can run there, and in which order it is brought: each after
 * everything that it depends on. Pure; a circle has no order and is named instead.
 */
import type { Installer, InstallerId } from '@citrus/contracts';
import { versionFits } from '@citrus/contracts';
import { Refusal } from '@citrus/kit-domain';

type Node = Pick<Installer, 'id' | 'depends_on'>;

/** A circle among what depends on each other, with its beginning once more at its end; undefined where there is none. */
export const circleIn = (nodes: Iterable<Node>): readonly string[] | undefined => {
  const dependsOn = new Map([...nodes].map(({ id, depends_on: wanted }) => [id as string, wanted.map(({ installer }) => installer as string)]));
  const cleared = new Set<string>();
  const walk = (id: string, path: readonly string[]): readonly string[] | undefined => {
    if (cleared.has(id)) return undefined;
    if (path.includes(id)) return [...path.slice(path.indexOf(id)), id];
    for (const next of dependsOn.get(id) ?? []) {
      const circle = walk(next, [...path, id]);
      if (circle) return circle;
    }
    cleared.add(id);
    return undefined;
  };
  for (const id of dependsOn.keys()) {
    const circle = walk(id, []);
    if (circle) return circle;
  }
  return undefined;
};

export type Missing = { readonly installer: Installer; /** Of those before it, what it waits for itself. */ readonly waitsFor: readonly InstallerId[] };
type Known = { readonly find: (id: string) => Installer | undefined; /** Versions of what is on the server, or on its way there. */ readonly present: ReadonlyMap<string, string> };

const wrongVersion = (id: string, { wanted, has, by }: { wanted: string; has: string; by: Installer }): Refusal =>
  new Refusal('dependency.version', `${by.name} needs ${id} ${wanted}, and this server has ${has}. Upgrade ${id} first.`);

/** What is missing, in the order in which it has to be brought. @throws Refusal for a circle, an unknown installer, or a version that does not fit */
export const missingBefore = (installer: Installer, { find, present }: Known): Missing[] => {
  const missing = new Map<string, Missing>();
  const add = (wanting: Installer, path: readonly Installer[]): void => {
    for (const { installer: id, version: wanted } of wanting.depends_on) {
      const circle = [...path, wanting];
      const at = circle.findIndex((each) => each.id === id);
      if (at !== -1) throw new Refusal('dependency.circle', `These installers depend on each other in a circle: ${[...circle.slice(at).map((each) => each.id), id].join(' → ')}. One of their manifests must be corrected.`);
      const has = present.get(id) ?? missing.get(id)?.installer.version;
      if (has !== undefined && wanted !== undefined && !versionFits(has, wanted)) throw wrongVersion(id, { wanted, has, by: wanting });
      if (has !== undefined) continue;
      const found = find(id);
      if (!found) throw new Refusal('dependency.unknown', `${wanting.name} depends on "${id}", and there is no such installer here. Add it to the installers, or correct the manifest.`);
      if (wanted !== undefined && !versionFits(found.version, wanted)) throw wrongVersion(id, { wanted, has: `only ${found.version} to offer`, by: wanting });
      add(found, circle);
      missing.set(id, { installer: found, waitsFor: found.depends_on.map((each) => each.installer).filter((each) => missing.has(each)) });
    }
  };
  add(installer, []);
  return [...missing.values()];
};
