/**
 * How an installer travels: its folder as one JSON file, written with `canonicalJson`, files sorted by path. Not an
 * archive, so there are no links, devices or absolute names to guard against. Its digest is the SHA-256 of its bytes.
 */
import { z } from 'zod';

/** Relative, lower case, no `..`, no hidden files. */
export const BundlePath = z.string().max(200).regex(/^[a-z0-9][a-z0-9._-]*(\/[a-z0-9][a-z0-9._-]*)*$/);

export const InstallerBundle = z.strictObject({
  files: z.array(z.strictObject({ path: BundlePath, mode: z.int().min(0).max(0o777), base64: z.base64() })).min(1).max(500),
});
export type InstallerBundle = z.infer<typeof InstallerBundle>;

/** The file in a bundle that holds its manifest. */
export const MANIFEST_FILE = 'manifest.yml';
