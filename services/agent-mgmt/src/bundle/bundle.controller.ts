/** What people ask about bundles. */
import {
  cancelBundle, checkInputs, installBundle, listBundles, listInstalledBundles, planBundle, readInstalledBundle, retryBundle, uninstallBundle,
  type AppBundle, type BundlePlan, type BundleStep, type InstalledBundle,
} from '@citrus/contracts';
import { NotFound, projectScope, Refusal } from '@citrus/kit-domain';
import { newId, uuidFrom, type AppendContext, type Projections } from '@citrus/kit-event-store';
import { OnRequest, type RequestContext } from '@citrus/kit-messaging';
import { PROJECTIONS } from '@citrus/kit-service';
import { Controller, Inject } from '@nestjs/common';
import type { z } from 'zod';
import { userActor } from '../actors.ts';
import type { BundleListing } from '../installer/installer-registry.ts';
import { reusedKey } from '../job/job.decider.ts';
import { APP_BUNDLES, JOBS, type AppBundles, type Jobs } from '../tokens.ts';
import { bundleDecider, type BundleCommand, type KnownBundle } from './bundle.decider.ts';
import { obstaclesOf, planBundleOf, splitAnswers } from './bundle-plan.ts';
import { worldOf } from './bundle-world.ts';

type Install = z.infer<typeof installBundle.input>;
type One = { readonly projectId: string; readonly installedBundleId: string };

/** A bundle's answers are in one event with everything else, and in the events of its jobs. */
const MOST_INPUT_BYTES = 60_000;

const stepsOf = (bundle: AppBundle, plan: BundlePlan, digestOf: (installer: string) => BundleStep['installerDigest'] | undefined): BundleStep[] => plan.apps.map((planned) => {
  const { inputs, when, if_present: ifPresent } = bundle.apps.find(({ app }) => app === planned.app) ?? { inputs: {}, when: undefined, if_present: 'refuse' as const };
  const installerDigest = digestOf(planned.installer);
  if (!installerDigest) throw new Refusal('bundle.changed', 'The installers were read anew in this moment. Try again.');
  return { app: planned.app, role: planned.role, serverId: planned.serverId, installer: planned.installer, installerVersion: planned.version, installerDigest, inputs, ...(when !== undefined && { when }), ifPresent };
});

@Controller()
export class BundleController {
  constructor(
    @Inject(APP_BUNDLES) private readonly bundles: AppBundles,
    @Inject(JOBS) private readonly jobs: Jobs,
    @Inject(PROJECTIONS) private readonly projections: Projections,
  ) {}

  @OnRequest(listBundles)
  async catalogue(_input: object, _context: RequestContext): Promise<BundleListing> {
    return this.jobs.registry.listBundles();
  }

  @OnRequest(planBundle)
  async plan({ bundle: id, ...asked }: z.infer<typeof planBundle.input>, { caller }: RequestContext): Promise<BundlePlan> {
    await this.projections.reached(await this.bundles.handler.head());
    const bundle = this.#bundle(id);
    return planBundleOf(bundle, asked.inputs, await worldOf({ jobs: this.jobs, bundles: this.bundles.store }, projectScope(caller, asked.projectId), bundle, asked));
  }

  /** The same id again gives the same bundle again, also when it is not in the catalogue any more. */
  @OnRequest(installBundle)
  async install(asked: Install, context: RequestContext): Promise<InstalledBundle> {
    const known = await this.bundles.handler.load(asked.installedBundleId);
    if (known.status !== 'unknown') {
      await this.#refuseOther(known, asked);
      return await this.#readAfter(asked, context, await this.bundles.handler.head());
    }
    const bundle = this.#bundle(asked.bundle);
    const plan = await this.plan({ projectId: asked.projectId, bundle: asked.bundle, servers: asked.servers, inputs: asked.inputs }, context);
    const obstacles = obstaclesOf(plan);
    if (!plan.canRun) throw new Refusal('bundle.cannot_run', `${bundle.name} cannot be installed like this. ${obstacles.map(({ path, message }, index) => `${index + 1}. ${path} ${message}`).join(' ')}`, obstacles);
    const { plain, secrets } = splitAnswers(bundle, checkInputs(bundle.inputs, asked.inputs).values);
    if (Buffer.byteLength(JSON.stringify({ ...plain, ...secrets })) > MOST_INPUT_BYTES) throw new Refusal('inputs.too_large', `All answers together take more than ${MOST_INPUT_BYTES / 1000} kB, which is the most for a bundle. Give less, and let the scripts fetch the rest.`);
    const { installedBundleId, projectId, servers } = asked;
    const data = {
      installedBundleId, projectId, bundle: bundle.id, bundleVersion: bundle.version, bundleDigest: bundle.digest, inputs: plain, sealedInputs: await this.jobs.secrets.seal(installedBundleId, secrets), servers,
      steps: stepsOf(bundle, plan, (installer) => this.jobs.registry.find(installer)?.digest), at: this.#now(),
    };
    return await this.#handle(asked, { type: 'RequestBundle', data }, context, uuidFrom('agent-mgmt:request-bundle', installedBundleId));
  }

  @OnRequest(listInstalledBundles)
  async list({ projectId, ...asked }: z.infer<typeof listInstalledBundles.input>, { caller }: RequestContext): Promise<z.infer<typeof listInstalledBundles.reply>> {
    return await this.bundles.store.list(projectScope(caller, projectId), asked);
  }

  @OnRequest(readInstalledBundle)
  read(one: One, context: RequestContext): Promise<InstalledBundle> {
    return this.#find(one, context);
  }

  @OnRequest(cancelBundle)
  cancel(one: One, context: RequestContext): Promise<InstalledBundle> {
    return this.#steer(one, { type: 'CancelBundle', data: { at: this.#now() } }, context);
  }

  @OnRequest(retryBundle)
  retry(one: One, context: RequestContext): Promise<InstalledBundle> {
    return this.#steer(one, { type: 'RetryBundle', data: { at: this.#now() } }, context);
  }

  @OnRequest(uninstallBundle)
  uninstall({ withoutBackup, ...one }: z.infer<typeof uninstallBundle.input>, context: RequestContext): Promise<InstalledBundle> {
    return this.#steer(one, { type: 'UninstallBundle', data: { withoutBackup, at: this.#now() } }, context);
  }

  async #steer(one: One, command: BundleCommand, context: RequestContext): Promise<InstalledBundle> {
    await this.#find(one, context);
    return await this.#handle(one, command, context, newId());
  }

  // oxlint-disable-next-line max-params -- what, who and as which command
  async #handle(one: One, command: BundleCommand, context: RequestContext, commandId: string): Promise<InstalledBundle> {
    const trail: AppendContext = { commandId, actor: userActor(context.caller), projectId: one.projectId, correlationId: context.correlationId, ...(context.traceparent && { traceparent: context.traceparent }) };
    const { state, position } = await this.bundles.handler.handle(one.installedBundleId, command, trail);
    // Somebody may have asked for it in the same moment, with other contents.
    if (command.type === 'RequestBundle') bundleDecider.decide(command, state);
    this.bundles.loop.wake();
    return await this.#readAfter(one, context, position);
  }

  async #refuseOther({ request }: KnownBundle, { projectId, bundle: id, servers, inputs, installedBundleId }: Install): Promise<void> {
    const bundle = this.jobs.registry.findBundle(id);
    const same = { ...request, projectId, bundle: id, servers };
    const answers = bundle?.digest === request.bundleDigest ? splitAnswers(bundle, checkInputs(bundle.inputs, inputs).values) : undefined;
    bundleDecider.decide({ type: 'RequestBundle', data: { ...same, ...(answers && { inputs: answers.plain }) } }, await this.bundles.handler.load(installedBundleId));
    if (answers && !(await this.jobs.secrets.areSame(installedBundleId, request.sealedInputs, answers.secrets))) throw reusedKey();
  }

  #bundle(id: string): AppBundle {
    const bundle = this.jobs.registry.findBundle(id);
    if (bundle) return bundle;
    const refused = this.jobs.registry.listBundles().refused.find(({ folder }) => folder.endsWith(`/${id}`));
    throw new Refusal('bundle.unknown', refused ? `The bundle "${id}" has a fault and cannot be installed: ${refused.file}${refused.line === null ? '' : ` line ${refused.line}`}: ${refused.reason}.` : `There is no bundle "${id}". The list of bundles shows which there are.`);
  }

  async #readAfter(one: One, context: RequestContext, position: number): Promise<InstalledBundle> {
    await this.projections.reached(position);
    return await this.#find(one, context);
  }

  async #find({ projectId, installedBundleId }: One, { caller }: RequestContext): Promise<InstalledBundle> {
    const found = await this.bundles.store.find(projectScope(caller, projectId), installedBundleId);
    if (!found) throw new NotFound('bundle.unknown', 'There is no such bundle in this project.');
    return found;
  }

  #now(): string {
    return this.jobs.clock().toISOString();
  }
}
