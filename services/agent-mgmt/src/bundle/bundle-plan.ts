/**
 * What a bundle would do, without doing it: which app where and in which order, with which values as far as they are known
 * now, and everything that stands against it at once. Apps that come before count as there for those that come after.
 */
import { checkInputs, isSensitive, parseBundleExpression, inputsOf, type AppBundle, type BundleApp, type BundlePlan, type Installer, type InputValue, type JobOutputs, type Machine, type PlannedApp, type ServerId, type Sources, type Values } from '@citrus/contracts';
import { planOf } from '../installer/plan.ts';
import { unmetOf } from '../installer/server-check.ts';
import { roleOf } from './bundle-order.ts';
import { appOfName, holds, knownOf, namesIn, valuesFor } from './bundle-values.ts';

export type Place = { readonly serverId: ServerId; readonly machine: Machine; readonly sourcesFor: (installer: Installer) => Sources };
export type World = {
  readonly find: (id: string) => Installer | undefined;
  /** The servers by their roles; one that is missing is a problem that was told. */
  readonly places: Readonly<Record<string, Place>>;
  /** What is wrong with the servers. */
  readonly problems: BundlePlan['problems'];
  /** What apps that are there already have handed on. */
  readonly outputs: Readonly<Record<string, JobOutputs>>;
};

type Answers = { readonly values: Record<string, InputValue>; readonly problems: BundlePlan['problems'] };
type Sofar = { readonly planned: readonly PlannedApp[]; readonly later: ReadonlySet<string> };

const answersTo = (bundle: AppBundle, raw: Readonly<Record<string, unknown>>): Answers => checkInputs(bundle.inputs, raw);
const secretsOf = (inputs: Installer['inputs'], values: Readonly<Record<string, unknown>>): string[] => inputs.filter((input) => isSensitive(input) && Object.hasOwn(values, input.id)).map(({ id }) => id);

/** Plain and secret answers of the bundle itself. */
export const splitAnswers = ({ inputs }: AppBundle, values: Readonly<Record<string, InputValue>>) => {
  const secret = new Set(secretsOf(inputs, values));
  const pick = (wanted: boolean) => Object.fromEntries(Object.entries(values).filter(([id]) => secret.has(id) === wanted));
  return { plain: pick(false), secrets: pick(true) };
};

/** The server as it will be once the apps before are there. */
const machineAfter = ({ serverId, machine }: Place, planned: readonly PlannedApp[]): Machine => {
  const here = planned.filter((each) => each.serverId === serverId && (each.does === 'install' || each.does === 'upgrade'));
  const apps = [...(machine.apps ?? []).filter(({ installer }) => !here.some((each) => each.installer === installer)), ...here];
  return { ...machine, apps, ...(machine.listeningPorts && { listeningPorts: [...machine.listeningPorts, ...here.flatMap(({ changes }) => changes.ports.map(({ port }) => port))] }) };
};

const dependsOnLater = (names: readonly string[], later: ReadonlySet<string>): boolean => names.some((name) => later.has(appOfName(name) ?? ''));

const doesOf = ({ when, if_present: ifPresent }: BundleApp, { isThere, known, later }: { isThere: boolean; known: Values; later: ReadonlySet<string> }): PlannedApp['does'] => {
  const isOpenStill = when !== undefined && dependsOnLater(inputsOf(parseBundleExpression(when)), later);
  if (!isOpenStill && !holds(when, known)) return 'leave-out';
  if (!isThere) return 'install';
  return ifPresent === 'refuse' ? 'refuse' : ifPresent;
};

/** Two apps that open the same port of one server would fight for it. */
const portProblems = (planned: readonly PlannedApp[], { serverId, changes }: Pick<PlannedApp, 'serverId' | 'changes'>): BundlePlan['problems'] => changes.ports.flatMap(({ port, protocol }) => {
  const other = planned.find((each) => each.serverId === serverId && each.does !== 'leave-out' && each.changes.ports.some((theirs) => theirs.port === port && theirs.protocol === protocol));
  return other ? [{ path: 'ports', message: `port ${port} is opened by ${other.app}, too; choose another one` }] : [];
});

const REFUSED = 'is on this server already, and the bundle does not say that it may be used or changed; uninstall it first, or choose another server';

const planApp = (each: BundleApp, { bundle, world, values }: { bundle: AppBundle; world: World; values: Record<string, InputValue> }, { planned, later }: Sofar): PlannedApp | undefined => {
  const [installer, role] = [world.find(each.installer), roleOf(each, bundle.servers)];
  const place = Object.hasOwn(world.places, role) ? world.places[role] : undefined;
  if (!installer || !place) return undefined;
  const known = knownOf(values, world.outputs);
  const there = place.machine.apps?.find((app) => app.installer === each.installer);
  const does = doesOf(each, { isThere: there !== undefined, known, later });
  const waits = Object.entries(each.inputs).filter(([, value]) => dependsOnLater(namesIn(value), later)).map(([id]) => id);
  const raw = valuesFor(Object.fromEntries(Object.entries(each.inputs).filter(([id]) => !waits.includes(id))), known);
  const plan = planOf(installer, { serverId: place.serverId, action: does === 'upgrade' ? 'upgrade' : 'install', raw, machine: machineAfter(place, planned), sources: place.sourcesFor(installer) });
  const isDone = does === 'install' || does === 'upgrade';
  const shown = Object.fromEntries(Object.entries(plan.inputs).filter(([id]) => !waits.includes(id)));
  return {
    app: each.app, role, serverId: place.serverId, installer: installer.id, name: installer.name, version: installer.version, does, installed: there?.version ?? null,
    inputs: isDone ? shown : {}, hidden: isDone ? secretsOf(installer.inputs, raw) : [], later: isDone ? Object.fromEntries(waits.map((id) => [id, (each.inputs[id] as { from: string }).from])) : {},
    requirements: isDone ? plan.requirements : [], warnings: isDone ? plan.warnings : [], notice: isDone ? plan.notice : null, changes: plan.changes,
    problems: does === 'refuse' ? [{ path: 'installer', message: `${installer.name} ${REFUSED}` }] : isDone ? [...plan.problems.filter(({ path }) => !waits.includes(path)), ...portProblems(planned, { serverId: place.serverId, changes: plan.changes })] : [],
  };
};

const canRun = ({ problems, requirements }: PlannedApp): boolean => problems.length === 0 && unmetOf(requirements, ['memory']).length === 0;

export const planBundleOf = (bundle: AppBundle, raw: Readonly<Record<string, unknown>>, world: World): BundlePlan => {
  const { values, problems: answers } = answersTo(bundle, raw);
  const planned: PlannedApp[] = [];
  const later = new Set<string>();
  for (const app of bundle.order) {
    const each = bundle.apps.find((other) => other.app === app);
    const found = each && planApp(each, { bundle, world, values }, { planned, later });
    if (!found) continue;
    if (found.does === 'install' || found.does === 'upgrade') later.add(app);
    planned.push(found);
  }
  const problems = [...world.problems, ...answers];
  return {
    bundle: bundle.id, version: bundle.version, digest: bundle.digest, inputs: splitAnswers(bundle, values).plain, hidden: secretsOf(bundle.inputs, values), problems, apps: planned, warnings: bundle.warnings,
    canRun: problems.length === 0 && planned.length === bundle.apps.length && planned.every(canRun),
  };
};

/** Everything that stands against it, in words. */
export const obstaclesOf = ({ problems, apps }: BundlePlan): { readonly path: string; readonly message: string }[] => [
  ...problems,
  ...apps.flatMap(({ app, problems: own, requirements }) => [
    ...own.map(({ path, message }) => ({ path: `apps.${app}.${path}`, message })),
    ...unmetOf(requirements, ['memory']).map(({ id, text, remedy }) => ({ path: `apps.${app}.requirements.${id}`, message: `${text}. ${remedy}` })),
  ]),
];
