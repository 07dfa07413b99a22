/** In which order the apps of a bundle are installed: each after those whose outputs it takes, that it names, or that its installer depends on. */
import { inputsOf, ONLY_ROLE, parseBundleExpression, type BundleApp, type Installer } from '@citrus/contracts';
import { circleIn } from '../job/dependency-order.ts';
import { appOfName, namesIn } from './bundle-values.ts';

type FindInstaller = (id: string) => Pick<Installer, 'depends_on'> | undefined;
export type Edges = ReadonlyMap<string, ReadonlySet<string>>;

/** Where a bundle has only one role, nobody has to name it. */
export const roleOf = ({ server }: Pick<BundleApp, 'server'>, roles: readonly { readonly role: string }[]): string => server ?? roles[0]?.role ?? ONLY_ROLE;

/** Names that do not belong to another app of the bundle are left to the rules. */
export const edgesOf = (apps: readonly BundleApp[], roles: readonly { readonly role: string }[], find: FindInstaller): Edges => {
  const ids = new Set(apps.map(({ app }) => app));
  return new Map(apps.map((each) => {
    const named = [...Object.values(each.inputs).flatMap(namesIn), ...(each.when === undefined ? [] : inputsOf(parseBundleExpression(each.when)))].map(appOfName);
    const needed = (find(each.installer)?.depends_on ?? []).flatMap(({ installer }) => apps.filter((other) => other.installer === installer && roleOf(other, roles) === roleOf(each, roles)).map(({ app }) => app));
    return [each.app, new Set([...named, ...each.depends_on, ...needed].filter((app) => app !== undefined && ids.has(app)) as string[])];
  }));
};

export type Order = { readonly order: readonly string[] } | { readonly circle: readonly string[] };

/** Those that stand first in the file come first where nothing else decides. */
export const orderOf = (edges: Edges): Order => {
  const circle = circleIn([...edges].map(([id, needs]) => ({ id: id as Installer['id'], depends_on: [...needs].map((installer) => ({ installer: installer as Installer['id'] })) })));
  if (circle) return { circle };
  const order: string[] = [];
  const place = (app: string): void => {
    if (order.includes(app)) return;
    for (const before of edges.keys()) if (edges.get(app)?.has(before)) place(before);
    order.push(app);
  };
  for (const app of edges.keys()) place(app);
  return { order };
};
