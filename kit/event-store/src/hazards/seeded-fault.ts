/**
 * Takes one guard out of the sources while they are loaded, so that a test which should notice can be seen to do so.
 * `CITRUS_SEEDED_FAULT` names the fault; without it nothing happens.
 */
import { SEEDED_FAULTS, type SeededFault } from './seeded-faults.ts';

/** @throws Error when the name is of no fault */
export const seededFault = (name = process.env['CITRUS_SEEDED_FAULT']): SeededFault | undefined => {
  if (!name) return undefined;
  const fault = SEEDED_FAULTS.find((each) => each.name === name);
  if (!fault) throw new Error(`there is no seeded fault ${name}`);
  return fault;
};

/** @throws Error when the file is the fault's and does not hold its text exactly once: the guard was changed, so the fault must be too */
export const withFault = ({ name, file, from, to }: SeededFault, path: string, source: string): string => {
  if (!path.replaceAll('\\', '/').endsWith(`/${file}`)) return source;
  const parts = source.split(from);
  if (parts.length !== 2) throw new Error(`the seeded fault ${name} finds its text ${parts.length - 1} times in ${file}`);
  return parts.join(to);
};

/** For vitest.config.ts; the shape of a vite plugin. */
export const seededFaultPlugin = () => ({
  name: 'citrus-seeded-fault',
  enforce: 'pre' as const,
  transform: (source: string, id: string): string | undefined => {
    const fault = seededFault();
    const path = id.split('?')[0] ?? id;
    return fault && path.endsWith(`/${fault.file}`) ? withFault(fault, path, source) : undefined;
  },
});
