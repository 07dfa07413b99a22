/** What a schema cannot say about a manifest: rules between its fields. Each broken one names the path of the field. */
import { expressionFault, inputProblem, type BrokenRule } from './input-rules.ts';
import { isSensitive, variableOf } from './inputs.ts';
import type { InstallerManifest, PortOf } from './manifest.ts';

export type { BrokenRule } from './input-rules.ts';
type Path = readonly PropertyKey[];

export const broken = (path: Path, reason: string): BrokenRule => ({ path, reason: `${path.map((part) => (typeof part === 'number' ? `[${part + 1}]` : `.${String(part)}`)).join('').slice(1)}: ${reason}` });

/** Texts are shown to everybody, so they may name the address, inputs and outputs, but no secret. */
const textProblems = ({ after_install: after, notices, inputs, outputs }: InstallerManifest): BrokenRule[] => {
  const known = new Set(['ADDRESS', ...inputs.filter((input) => !isSensitive(input)).map((input) => variableOf(input.id)), ...outputs.map(({ name }) => `outputs.${name}`)]);
  const texts: [Path, string | undefined][] = [[['after_install'], after], ...Object.entries(notices).map(([when, text]): [Path, string | undefined] => [['notices', when], text])];
  return texts.flatMap(([path, text = '']) => [...text.matchAll(/\{\{\s*([^}]*?)\s*\}\}/g)]
    .filter(([, name = '']) => !known.has(name))
    .map(([, name = '']) => broken(path, `{{${name}}} is neither ADDRESS nor an input or output that may be shown`)));
};

/** Where an input is named, it must ask for a port. */
const portFault = (port: PortOf, { inputs }: InstallerManifest): string | undefined => {
  if (typeof port === 'number') return undefined;
  const input = inputs.find(({ id }) => id === port);
  if (!input) return `"${port}" is not an input`;
  return input.type === 'port' ? undefined : `"${port}" is an input of type ${input.type}, not a port`;
};

const portProblems = (manifest: InstallerManifest): BrokenRule[] => [
  ...manifest.requires.ports_free.map((port, index): [Path, string | undefined] => [['requires', 'ports_free', index], portFault(port, manifest)]),
  ...manifest.ports.map(({ port }, index): [Path, string | undefined] => [['ports', index, 'port'], portFault(port, manifest)]),
  ...manifest.ports.map(({ when }, index): [Path, string | undefined] => [['ports', index, 'when'], when === undefined ? undefined : expressionFault(when, 'when', manifest.inputs)]),
].flatMap(([path, reason]) => (reason === undefined ? [] : [broken(path, reason)]));

export const repeated = <T>(items: readonly T[], path: Path, keyOf: (item: T) => string): BrokenRule[] =>
  items.flatMap((item, index) => (items.findIndex((other) => keyOf(other) === keyOf(item)) < index ? [broken([...path, index], `"${keyOf(item)}" stands there twice`)] : []));

const neighbourProblems = ({ id, depends_on: wanted, requires: { conflicts } }: InstallerManifest): BrokenRule[] => [
  ...repeated(wanted, ['depends_on'], ({ installer }) => installer),
  ...repeated(conflicts, ['requires', 'conflicts'], String),
  ...wanted.flatMap(({ installer }, index) => (installer === id ? [broken(['depends_on', index, 'installer'], 'it cannot depend on itself')] : conflicts.includes(installer) ? [broken(['depends_on', index, 'installer'], `${installer} also stands in requires.conflicts; it cannot be both`)] : [])),
  ...conflicts.flatMap((other, index) => (other === id ? [broken(['requires', 'conflicts', index], 'it cannot conflict with itself')] : [])),
];

const systemProblems = ({ os_requirements: { families, versions } }: InstallerManifest): BrokenRule[] =>
  Object.keys(versions).flatMap((family) => (families.some((each) => each === family || each === 'any') ? [] : [broken(['os_requirements', 'versions', family], `${family} is not among the families`)]));

const scriptProblems = ({ scripts }: InstallerManifest): BrokenRule[] => (scripts.restore && !scripts.backup ? [broken(['scripts', 'restore'], 'there is nothing to restore without a backup script')] : []);

/** Every broken rule at once. */
export const manifestProblems = (manifest: InstallerManifest): BrokenRule[] => [
  ...manifest.inputs.flatMap(inputProblem), ...systemProblems(manifest), ...neighbourProblems(manifest), ...portProblems(manifest),
  ...repeated(manifest.outputs, ['outputs'], ({ name }) => name), ...repeated(manifest.files, ['files'], ({ path }) => path), ...scriptProblems(manifest), ...textProblems(manifest),
];
