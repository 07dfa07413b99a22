/**
 * `manifest.yml`: what an installer is, needs and asks. Strict, because a typo must fail where it was made. The rules
 * for inputs live beside it in `inputs.ts`; panel, API, CLI and agent all use those.
 */
import { z } from 'zod';
import { Digest, InstallerId } from '../ids.ts';
import { defineRequest } from '../request.ts';
import { subjects } from '../subjects.ts';

export const InstallerAction = z.enum(['install', 'uninstall', 'upgrade', 'reconfigure', 'backup', 'restore', 'health']);
export type InstallerAction = z.infer<typeof InstallerAction>;

export const InputValue = z.union([z.string(), z.number(), z.boolean()]);
export type InputValue = z.infer<typeof InputValue>;

export const InputType = z.enum(['string', 'integer', 'boolean', 'password', 'select', 'email', 'port']);
export type InputType = z.infer<typeof InputType>;

export const Input = z.strictObject({
  /** Becomes the variable of the same name in upper case. */
  id: z.string().regex(/^[a-z][a-z0-9_]{0,40}$/, 'lower-case letters, digits and underscores, starting with a letter'),
  type: InputType,
  label: z.string().min(1).max(120),
  description: z.string().max(1000).optional(),
  required: z.boolean().default(false),
  default: InputValue.optional(),
  validation: z
    .strictObject({
      /** Matched against the whole value, in linear time (RE2). */
      pattern: z.string().max(500).optional(),
      pattern_message: z.string().max(200).optional(),
      min_length: z.int().min(0).optional(),
      max_length: z.int().min(1).max(65_536).optional(),
      min_value: z.number().optional(),
      max_value: z.number().optional(),
      allowed_values: z.array(InputValue).min(1).max(500).optional(),
    })
    .default({}),
  /** Shown, and its value used, only while this expression over the other inputs is true. */
  visible_if: z.string().max(500).optional(),
  /** Never in events, logs or answers in clear. A password always is. */
  sensitive: z.boolean().default(false),
});
export type Input = z.infer<typeof Input>;

const script = z.string().regex(/^[a-z][a-z0-9_-]*\.sh$/, 'a file name like install.sh, without a path');

export const InstallerManifest = z.strictObject({
  id: InstallerId,
  name: z.string().min(1).max(80),
  version: z.string().regex(/^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/, 'a version like 1.2.3'),
  description: z.string().min(1).max(500),
  category: z.string().regex(/^[a-z][a-z-]{1,30}$/),
  author: z.string().min(1).max(120),
  os_requirements: z.strictObject({ families: z.array(z.enum(['debian', 'ubuntu', 'any'])).min(1).default(['debian', 'ubuntu']) }).prefault({}),
  resource_requirements: z.strictObject({ memory_mb: z.int().min(0).default(0), disk_mb: z.int().min(0).default(0) }).prefault({}),
  inputs: z.array(Input).max(100).default([]),
  install_script: script.default('install.sh'),
  /** Other actions that the installer offers, and their scripts. */
  scripts: z.partialRecord(InstallerAction.exclude(['install']), script).default({}),
  timeout_seconds: z.int().min(1).max(86_400).default(1800),
  idempotent: z.boolean().default(false),
  /** Runs without root, systemd or a package manager. */
  portable: z.boolean().default(false),
  /** What to tell people once it is installed; `{{ADDRESS}}` and `{{INPUT}}` names are filled in. */
  after_install: z.string().max(2000).optional(),
});
export type InstallerManifest = z.infer<typeof InstallerManifest>;

export const Installer = z.object({ ...InstallerManifest.shape, digest: Digest });
export type Installer = z.infer<typeof Installer>;

/** Why a folder is not in the registry: which file, which line, what is wrong. */
export const RefusedInstaller = z.object({ folder: z.string(), file: z.string(), line: z.int().nullable(), reason: z.string() });
export type RefusedInstaller = z.infer<typeof RefusedInstaller>;

export const listInstallers = defineRequest({
  subject: subjects.rpc('agent-mgmt', 'installer', 'list'),
  input: z.strictObject({}),
  reply: z.object({ items: z.array(Installer), refused: z.array(RefusedInstaller) }),
  access: { by: 'member', role: 'viewer' },
});
export const reloadInstallers = defineRequest({
  subject: subjects.rpc('agent-mgmt', 'installer', 'reload'),
  input: z.strictObject({}),
  reply: listInstallers.reply,
  access: { by: 'administrator' },
});

/** What a script's exit code means (R30). */
export const EXIT_CODES = { ok: 0, validation: 1, installation: 2, configuration: 3, timeout: 124 } as const;
