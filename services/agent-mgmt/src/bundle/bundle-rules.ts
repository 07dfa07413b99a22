/**
 * What a schema cannot say about a `bundle.yml`: its names are known, its types fit, its apps have an order, and no secret
 * goes where it could be seen. Checked against the installers that were read together with it.
 */
import { checkInputs, inputsOf, isSensitive, parseBundleExpression, parseExpression, sourcesOf, versionFits, isVersionRange, type BundleApp, type BundleManifest, type BundleValue, type Expression, type Input, type Installer } from '@citrus/contracts';
import { broken, inputProblem, repeated, type BrokenRule } from '@citrus/contracts/installer-folder';
import { edgesOf, orderOf, roleOf } from './bundle-order.ts';
import { secretsIn, takes, typeOf, typeOfInput, type ValueType } from './bundle-types.ts';

export type FindInstaller = (id: string) => Installer | undefined;
type Path = readonly PropertyKey[];
type About = { readonly bundle: BundleManifest; readonly find: FindInstaller };

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** They are asked before anybody knows the server, so the lists of a server mean nothing there. */
const sourceProblems = ({ inputs }: BundleManifest): BrokenRule[] => inputs.flatMap(({ choices_from: from }, index) => {
  const source = from === undefined ? undefined : sourcesOf(parseExpression(from))[0];
  return source ? [broken(['inputs', index, 'choices_from'], `@${source} is a list of one server, and a bundle's inputs are asked before the servers are known; name the choices`)] : [];
});

/** What is wrong with a name in an expression of this app. */
const nameFault = (name: string, { app }: BundleApp, { bundle, find }: About): string | undefined => {
  const [kind, first = '', output = ''] = name.split('.');
  if (kind === 'inputs') return bundle.inputs.some(({ id }) => id === first) ? undefined : `"${name}" is not an input of this bundle`;
  if (first === app) return `"${name}" is an output of the app itself; it is known only afterwards`;
  const other = bundle.apps.find((each) => each.app === first);
  if (!other) return `"${name}": there is no app "${first}" in this bundle`;
  const installer = find(other.installer);
  return !installer || installer.outputs.some((each) => each.name === output) ? undefined : `"${name}": ${other.installer} hands on no ${output}${installer.outputs.length === 0 ? '' : `; it hands on ${installer.outputs.map((each) => each.name).join(', ')}`}`;
};

const typesOf = ({ inputs }: BundleManifest) => (name: string): ValueType => {
  const input = inputs.find(({ id }) => name === `inputs.${id}`);
  return input ? typeOfInput(input) : 'any';
};

/** Parsed, with names that are known; or what is wrong with it. */
const readExpression = (text: string, each: BundleApp, about: About): { readonly expression: Expression } | { readonly fault: string } => {
  try {
    const expression = parseBundleExpression(text);
    const source = sourcesOf(expression)[0];
    if (source) return { fault: `@${source} cannot be used in a bundle` };
    const fault = inputsOf(expression).map((name) => nameFault(name, each, about)).find((found) => found !== undefined);
    return fault === undefined ? { expression } : { fault };
  } catch (error) {
    return { fault: reasonOf(error) };
  }
};

const secretFault = (input: Input, expression: Expression, bundle: BundleManifest): string | undefined => {
  const secret = secretsIn(expression, bundle.inputs)[0];
  if (secret && !isSensitive(input)) return `"${secret}" is a secret, and "${input.id}" is shown to everybody; only a sensitive input can take it`;
  const output = inputsOf(expression).find((name) => name.startsWith('outputs.'));
  return output && isSensitive(input) ? `"${output}" stands in the log for everybody, and "${input.id}" is a secret; give the bundle a sensitive input and pass it to both apps` : undefined;
};

const expressionFault = (input: Input, text: string, each: BundleApp, about: About): string | undefined => {
  const reading = readExpression(text, each, about);
  if ('fault' in reading) return reading.fault;
  const type = typeOf(reading.expression, typesOf(about.bundle));
  if (!takes(input, type)) return `it comes to a ${type}, and "${input.id}" is of type ${input.type}`;
  return secretFault(input, reading.expression, about.bundle);
};

const literalFault = (input: Input, value: BundleValue): string | undefined => {
  if (isSensitive(input)) return `"${input.id}" is a secret, and everybody can read this file; take it from a sensitive input of the bundle`;
  // Choices and conditions of the installer are looked at when the others are known.
  const { visible_if: _visible, required_if: _required, enabled_if: _enabled, default_from: _from, choices_from: _choices, ...alone } = input;
  const problem = checkInputs([alone.type === 'select' && !alone.validation.allowed_values ? { ...alone, type: 'string' } : alone], { [input.id]: value }).problems[0];
  return problem && `"${input.id}" ${problem.message}`;
};

const inputProblems = (each: BundleApp, index: number, installer: Installer, about: About): BrokenRule[] => [
  ...Object.entries(each.inputs).flatMap(([id, value]) => {
    const path: Path = ['apps', index, 'inputs', id];
    const input = installer.inputs.find((known) => known.id === id);
    const fault = !input ? `${installer.id} has no input "${id}"` : typeof value === 'object' ? expressionFault(input, value.from, each, about) : literalFault(input, value);
    return fault === undefined ? [] : [broken(path, fault)];
  }),
  ...installer.inputs.filter((input) => input.required && input.default === undefined && input.default_from === undefined && input.visible_if === undefined && !Object.hasOwn(each.inputs, input.id))
    .map((input) => broken(['apps', index, 'inputs'], `${installer.id} needs "${input.id}", and the bundle does not give it`)),
];

const whenProblems = (each: BundleApp, index: number, about: About): BrokenRule[] => {
  if (each.when === undefined) return [];
  const reading = readExpression(each.when, each, about);
  if ('fault' in reading) return [broken(['apps', index, 'when'], reading.fault)];
  const secret = secretsIn(reading.expression, about.bundle.inputs)[0];
  return secret ? [broken(['apps', index, 'when'], `"${secret}" is a secret; what follows from it would show it`)] : [];
};

const appProblems = (each: BundleApp, index: number, about: About): BrokenRule[] => {
  const { bundle, find } = about;
  const at = (...path: Path): Path => ['apps', index, ...path];
  const problems = whenProblems(each, index, about);
  for (const [place, other] of each.depends_on.entries()) if (!bundle.apps.some(({ app }) => app === other)) problems.push(broken(at('depends_on', place), `there is no app "${other}" in this bundle`));
  if (each.server === undefined && bundle.servers.length > 1) problems.push(broken(at('app'), `it does not say which server it goes to: one of ${bundle.servers.map(({ role }) => role).join(', ')}`));
  else if (!bundle.servers.some(({ role }) => role === roleOf(each, bundle.servers))) problems.push(broken(at('server'), `there is no server "${each.server}" in this bundle`));
  if (each.version !== undefined && !isVersionRange(each.version)) problems.push(broken(at('version'), 'a version or comparisons of versions, like ">=1.4 <2"'));
  const installer = find(each.installer);
  if (!installer) return [...problems, broken(at('installer'), `there is no installer "${each.installer}", or it was refused`)];
  if (each.version !== undefined && isVersionRange(each.version) && !versionFits(installer.version, each.version)) problems.push(broken(at('version'), `${each.installer} is here in version ${installer.version}, which is not ${each.version}`));
  if (each.if_present === 'upgrade' && !installer.scripts.upgrade) problems.push(broken(at('if_present'), `${each.installer} offers no upgrade`));
  return [...problems, ...inputProblems(each, index, installer, about)];
};

/** The order can only be asked for once every expression can be read. */
const orderProblems = ({ apps, servers }: BundleManifest, find: FindInstaller): BrokenRule[] => {
  const found = orderOf(edgesOf(apps, servers, find));
  if (!('circle' in found)) return [];
  const index = apps.findIndex(({ app }) => app === found.circle[0]);
  return [broken(['apps', index, 'app'], `the apps need each other in a circle: ${found.circle.join(' → ')}`)];
};

/** Every broken rule at once; a circle only when nothing else is broken. */
export const bundleProblems = (find: FindInstaller) => (bundle: BundleManifest): BrokenRule[] => {
  const inputs = bundle.inputs.flatMap(inputProblem);
  const problems = [
    ...inputs, ...(inputs.length === 0 ? sourceProblems(bundle) : []),
    ...repeated(bundle.apps, ['apps'], ({ app }) => app), ...repeated(bundle.servers, ['servers'], ({ role }) => role),
    ...repeated(bundle.apps, ['apps'], (each) => `${each.installer} on ${roleOf(each, bundle.servers)}`),
    ...bundle.apps.flatMap((each, index) => appProblems(each, index, { bundle, find })),
  ];
  return problems.length > 0 ? problems : orderProblems(bundle, find);
};
