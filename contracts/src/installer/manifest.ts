/**
 * `manifest.yml`: what an installer is, needs and asks. Strict, because a typo must fail where it was made. The rules
 * for inputs live beside it in `inputs.ts`; panel, API, CLI and agent all use those.
 */
import { z } from 'zod';
import { Digest, InstallerId, plainText, ProjectId, ServerId } from '../ids.ts';
import { defineRequest } from '../request.ts';
import { subjects } from '../subjects.ts';
import { InstallerOrigin } from './source.ts';
import { isVersionRange } from './version-range.ts';

export const InstallerAction = z.enum(['install', 'uninstall', 'upgrade', 'reconfigure', 'backup', 'restore', 'health']);
export type InstallerAction = z.infer<typeof InstallerAction>;

export const InputValue = z.union([z.string(), z.number(), z.boolean()]);
export type InputValue = z.infer<typeof InputValue>;

export const InputType = z.enum(['string', 'integer', 'boolean', 'password', 'select', 'email', 'port']);
export type InputType = z.infer<typeof InputType>;

/** The longest that `parseExpression` reads. */
const Expression = z.string().min(1).max(1000);

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
  /** Expressions over the inputs above (docs/reference/expressions.md). Hidden: no value. */
  visible_if: Expression.optional(),
  /** Must be given while this is true; `required` is always. */
  required_if: Expression.optional(),
  /** While this is false it is shown, keeps its default, and takes no answer. */
  enabled_if: Expression.optional(),
  /** What it is without an answer; `default` where this comes to nothing. */
  default_from: Expression.optional(),
  /** What can be chosen: a list, made of texts, of inputs above and of the built-in sources. */
  choices_from: Expression.optional(),
  /** Never in events, logs or answers in clear. A password always is. */
  sensitive: z.boolean().default(false),
});
export type Input = z.infer<typeof Input>;

const script = z.string().regex(/^[a-z][a-z0-9_-]*\.sh$/, 'a file name like install.sh, without a path');
const range = z.string().refine(isVersionRange, 'a version or comparisons of versions, like 12, >=22.04 or ">=1.4 <2"');
/** Markdown for people; `{{ADDRESS}}`, `{{INPUT}}` names and `{{outputs.NAME}}` are filled in. */
const notice = z.string().min(1).max(2000);

export const OsFamily = z.enum(['debian', 'ubuntu', 'any']);
/** As Debian names them. */
export const Architecture = z.enum(['amd64', 'arm64', 'armhf', 'i386', 'riscv64', 's390x', 'ppc64el']);
export type Architecture = z.infer<typeof Architecture>;

/** A port by its number, or the id of an input of type port. */
export const PortOf = z.union([z.int().min(1).max(65_535), z.string().regex(/^[a-z][a-z0-9_]{0,40}$/, 'a port number, or the id of an input of type port')]);
export type PortOf = z.infer<typeof PortOf>;

export const DeclaredPort = z.strictObject({
  port: PortOf,
  protocol: z.enum(['tcp', 'udp']).default('tcp'),
  purpose: z.string().min(1).max(120),
  /** Reachable from elsewhere; false: only from the server itself. */
  public: z.boolean().default(true),
  /** Only while this is true. */
  when: Expression.optional(),
});
export type DeclaredPort = z.infer<typeof DeclaredPort>;

export const DeclaredFile = z.strictObject({
  /** Absolute; `*` stands for the rest of a name. */
  path: plainText(300).regex(/^\/(?!.*(?:^|\/)\.\.?(?:\/|$))/, 'an absolute path without . and ..'),
  purpose: z.string().min(1).max(120),
  /** People's own data: uninstall asks before, and a backup holds it. */
  data: z.boolean().default(false),
});
export type DeclaredFile = z.infer<typeof DeclaredFile>;

export const Dependency = z.strictObject({ installer: InstallerId, version: range.optional() });
export type Dependency = z.infer<typeof Dependency>;

/** A value that an install hands on: its script prints `::output NAME value`. Never a secret. */
export const DeclaredOutput = z.strictObject({ name: z.string().regex(/^[A-Z][A-Z0-9_]{0,40}$/, 'upper-case letters, digits and underscores, starting with a letter'), description: z.string().min(1).max(300) });
export type DeclaredOutput = z.infer<typeof DeclaredOutput>;
export const MOST_OUTPUTS = 20;
export const LONGEST_OUTPUT = 1000;

export const InstallerManifest = z.strictObject({
  id: InstallerId,
  name: z.string().min(1).max(80),
  version: z.string().regex(/^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/, 'a version like 1.2.3'),
  description: z.string().min(1).max(500),
  category: z.string().regex(/^[a-z][a-z-]{1,30}$/),
  author: z.string().min(1).max(120),
  os_requirements: z
    .strictObject({
      families: z.array(OsFamily).min(1).default(['debian', 'ubuntu']),
      /** For the families named here; the others will do in every version. */
      versions: z.partialRecord(OsFamily.exclude(['any']), range).default({}),
      /** None: every one. */
      architectures: z.array(Architecture).max(7).default([]),
    })
    .prefault({}),
  resource_requirements: z.strictObject({ memory_mb: z.int().min(0).max(10_000_000).default(0), disk_mb: z.int().min(0).max(100_000_000).default(0) }).prefault({}),
  requires: z
    .strictObject({
      /** Nothing else may listen there when it is installed; declared ports are not in it by themselves. */
      ports_free: z.array(PortOf).max(50).default([]),
      /** Installers that cannot be on the same server. */
      conflicts: z.array(InstallerId).max(50).default([]),
    })
    .prefault({}),
  /** Installers that must be on the server before. */
  depends_on: z.array(Dependency).max(20).default([]),
  inputs: z.array(Input).max(100).default([]),
  install_script: script.default('install.sh'),
  /** Other actions that the installer offers, and their scripts. */
  scripts: z.partialRecord(InstallerAction.exclude(['install']), script).default({}),
  timeout_seconds: z.int().min(1).max(86_400).default(1800),
  idempotent: z.boolean().default(false),
  /** Runs without root, systemd or a package manager. */
  portable: z.boolean().default(false),
  /** What it opens and what it leaves on the machine, for people and for the residue check. */
  ports: z.array(DeclaredPort).max(50).default([]),
  files: z.array(DeclaredFile).max(100).default([]),
  outputs: z.array(DeclaredOutput).max(MOST_OUTPUTS).default([]),
  /** What people should know about the program before they choose it: that it phones home, that it is not maintained. */
  warnings: z.array(z.string().min(1).max(300)).max(10).default([]),
  /** What to tell people at an action; `after_install` has its own field. */
  notices: z.strictObject({ before_install: notice.optional(), before_upgrade: notice.optional(), after_upgrade: notice.optional(), before_uninstall: notice.optional() }).default({}),
  /** What to tell people once it is installed; `{{ADDRESS}}` and `{{INPUT}}` names are filled in. */
  after_install: notice.optional(),
});
export type InstallerManifest = z.infer<typeof InstallerManifest>;

/** The file in a bundle with one version a line: what `@versions` are. */
export const VERSIONS_FILE = 'versions.txt';
export const BundledVersions = z.array(z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._+~:-]{0,99}$/)).max(200);

export const Installer = z.object({
  ...InstallerManifest.shape, digest: Digest, versions: BundledVersions.default([]),
  /** None: it is in the folder that comes with Citrus. */
  source: InstallerOrigin.optional(),
});
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
/** How a requirement stands on a server; see `preflight`. */
export const CheckedRequirement = z.object({ id: z.string(), state: z.enum(['met', 'unmet', 'unknown']), text: z.string(), remedy: z.string(), mayBeIgnored: z.boolean() });
export type CheckedRequirement = z.infer<typeof CheckedRequirement>;
/** What somebody goes on without. */
export const IgnoredRequirements = z.array(z.enum(['memory'])).max(1);

const Texts = z.array(z.string());
/** What an installer's action would do on a server, without doing it. */
export const InstallerPlan = z.object({
  installer: InstallerId, version: z.string(), action: InstallerAction, serverId: ServerId,
  /** Which version Citrus has installed there. */
  installed: z.string().nullable(),
  requirements: z.array(CheckedRequirement),
  warnings: Texts,
  /** To be read before. */
  notice: z.string().nullable(),
  /** What the answers come to, defaults and all; sensitive ones are left out, hidden ones are not there. */
  inputs: z.record(z.string(), InputValue),
  problems: z.array(z.object({ path: z.string(), message: z.string() })),
  /** The lists behind `choices_from`, as they are on this server. */
  sources: z.object({ servers: Texts.optional(), apps: Texts.optional(), addresses: Texts.optional(), versions: Texts.optional() }),
  changes: z.object({ script: z.string(), timeoutSeconds: z.int(), ports: z.array(z.object({ port: z.int(), protocol: z.enum(['tcp', 'udp']), purpose: z.string(), public: z.boolean() })), files: z.array(z.object(DeclaredFile.shape)), outputs: Texts }),
  /** Nothing stands against it: no problem, and every requirement that may not be ignored is met or not known. */
  canRun: z.boolean(),
});
export type InstallerPlan = z.infer<typeof InstallerPlan>;
export const planInstaller = defineRequest({
  subject: subjects.rpc('agent-mgmt', 'installer', 'plan'),
  input: z.strictObject({ projectId: ProjectId, serverId: ServerId, installer: InstallerId, action: InstallerAction.default('install'), inputs: z.record(z.string(), z.unknown()).default({}) }),
  reply: InstallerPlan,
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
