/** The catalogue as somebody looks through it. Pure. */
import type { Installer } from '../api/types.ts';

export const categoriesOf = (installers: readonly Installer[]): readonly { readonly category: string; readonly count: number }[] => {
  const counts = new Map<string, number>();
  for (const { category } of installers) counts.set(category, (counts.get(category) ?? 0) + 1);
  return [...counts].map(([category, count]) => ({ category, count })).toSorted((a, b) => a.category.localeCompare(b.category));
};

/** All words have to be there; a category narrows it. Those that begin with what was written stand first. */
export const searchCatalogue = (installers: readonly Installer[], { wanted, category }: { readonly wanted: string; readonly category: string | undefined }): Installer[] => {
  const words = wanted.toLowerCase().split(/\s+/).filter(Boolean);
  const found = installers.filter((installer) => {
    const text = `${installer.name} ${installer.description} ${installer.category} ${installer.id}`.toLowerCase();
    return (category === undefined || installer.category === category) && words.every((word) => text.includes(word));
  });
  const begins = ({ name, id }: Installer): boolean => words[0] !== undefined && (name.toLowerCase().startsWith(words[0]) || id.startsWith(words[0]));
  return found.toSorted((a, b) => Number(begins(b)) - Number(begins(a)) || a.name.localeCompare(b.name));
};
