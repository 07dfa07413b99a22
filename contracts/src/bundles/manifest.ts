/**
 * `bundle.yml`: several apps as one template, with inputs of its own that are passed on to them, and with what one app
 * hands on given to the next. Strict, as manifests of installers are. What a schema cannot say is checked at load.
 */
import { z } from 'zod';
import { Digest, InstallerId } from '../ids.ts';
import { Input, InputValue, InstallerManifest, RefusedInstaller } from '../installer/manifest.ts';

/** Also a part of expressions, `outputs.<app>.<NAME>`, so it has no dashes. */
const word = z.string().regex(/^[a-z][a-z0-9_]{0,40}$/, 'lower-case letters, digits and underscores, beginning with a letter');
export const BundleAppId = word;
export const BundleRole = word;
export const BundleId = z.string().regex(/^[a-z][a-z0-9-]{1,62}$/, 'lower-case letters, digits and dashes, beginning with a letter').brand('BundleId');
export type BundleId = z.infer<typeof BundleId>;

export const MOST_APPS_IN_A_BUNDLE = 20;
/** Where a bundle names no servers, all of its apps go to this one. */
export const ONLY_ROLE = 'server';

const Expression = z.string().min(1).max(1000);
/** A value as it stands, or what an expression over `inputs.*` and `outputs.<app>.*` comes to. */
export const BundleValue = z.union([InputValue, z.strictObject({ from: Expression })], 'must be a value, or { from: <expression> }');
export type BundleValue = z.infer<typeof BundleValue>;

/** What to do when the app is on the server before: leave it as it is, change it safely to what the bundle says, or refuse. */
export const IfPresent = z.enum(['skip', 'upgrade', 'refuse']);
export type IfPresent = z.infer<typeof IfPresent>;

export const BundleApp = z.strictObject({
  app: BundleAppId,
  installer: InstallerId,
  /** Which versions of the installer will do. */
  version: z.string().min(1).max(80).optional(),
  /** The role of the server that it goes to. */
  server: BundleRole.optional(),
  inputs: z.record(Input.shape.id, BundleValue).default({}),
  /** Only while this is true; otherwise it is left out, and its outputs are nothing. */
  when: Expression.optional(),
  /** Apps of the bundle that must be there before, beside those whose outputs it takes. */
  depends_on: z.array(BundleAppId).max(MOST_APPS_IN_A_BUNDLE).default([]),
  if_present: IfPresent.default('refuse'),
});
export type BundleApp = z.infer<typeof BundleApp>;

export const BundleManifest = z.strictObject({
  id: BundleId,
  ...InstallerManifest.pick({ name: true, version: true, description: true, category: true, author: true, warnings: true }).shape,
  /** Which servers it needs; two roles may be played by one server, as long as it has not the same installer twice. */
  servers: z.array(z.strictObject({ role: BundleRole, label: z.string().min(1).max(120) })).min(1).max(10).default([{ role: ONLY_ROLE, label: 'Server' }]),
  inputs: InstallerManifest.shape.inputs,
  apps: z.array(BundleApp).min(1).max(MOST_APPS_IN_A_BUNDLE),
});
export type BundleManifest = z.infer<typeof BundleManifest>;

/** The file of a bundle's folder, and the folder of bundles beside the installers. */
export const BUNDLE_FILE = 'bundle.yml';
export const BUNDLES_FOLDER = 'bundles';

/** As it was loaded: `order` names its apps, each after all that it needs. */
export const AppBundle = z.object({ ...BundleManifest.shape, digest: Digest, order: z.array(BundleAppId) });
export type AppBundle = z.infer<typeof AppBundle>;

/** Its folder begins with `bundles/`. */
export const RefusedBundle = RefusedInstaller;
