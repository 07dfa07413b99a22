/** The sources that operators name: a YAML or JSON file, checked at the start. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { CommitId, InstallerSourceName } from '@citrus/contracts';
import { broken, readYaml, repeated, type BrokenRule, type Kind } from '@citrus/contracts/installer-folder';
import { StartRefused } from '@citrus/kit-service';
import { z } from 'zod';
import { isPlainPath, isRef, remoteOf } from './remote.ts';

const file = z.string().refine(isPlainPath, 'must be an absolute path of letters, digits and . _ -');
const folder = z.string().refine((path) => path === '.' || isPlainPath(`/${path}`), 'must be a folder inside the repository, like installers or ops/installers; . is all of it');

const Source = z.strictObject({
  name: InstallerSourceName,
  url: z.string().max(500),
  ref: z.string().max(200).refine(isRef, 'must be a branch, a tag or a whole commit id, and must not begin with a dash'),
  folder: folder.default('.'),
  interval_seconds: z.int().min(10).max(86_400).default(300),
  /** What the ref must be, or nothing is taken. */
  commit: CommitId.optional(),
  /** As `ssh-keygen` reads it; only commits that one of them signed are taken. */
  allowed_signers_file: file.optional(),
  /** For https. */
  token_file: file.optional(),
  /** For ssh. */
  key_file: file.optional(),
  known_hosts_file: file.optional(),
  /** How much may be fetched, packed. */
  most_megabytes: z.int().min(1).max(1024).default(32),
});
export type Source = z.infer<typeof Source>;

const Sources = z.strictObject({ sources: z.array(Source).max(20) });

const problemsOf = (source: Source, path: readonly PropertyKey[]): BrokenRule[] => {
  const remote = remoteOf(source.url);
  if ('fault' in remote) return [broken([...path, 'url'], remote.fault)];
  const { protocol } = remote;
  return [
    ...(protocol !== 'https' && source.token_file ? [broken([...path, 'token_file'], 'is for https')] : []),
    ...(protocol !== 'ssh' && (source.key_file ?? source.known_hosts_file) ? [broken([...path, source.key_file ? 'key_file' : 'known_hosts_file'], 'is for ssh')] : []),
    ...(protocol === 'ssh' && !(source.key_file && source.known_hosts_file) ? [broken([...path, 'url'], 'ssh needs key_file and known_hosts_file: nobody is there to be asked whether the host is the right one')] : []),
  ];
};

const FILE: Kind<z.infer<typeof Sources>> = {
  what: 'a source',
  schema: Sources,
  rules: ({ sources }) => [
    ...repeated(sources, ['sources'], ({ name }) => name),
    ...sources.flatMap((source, index) => problemsOf(source, ['sources', index])),
  ],
};

/** @throws StartRefused with every fault and its line */
export const sourcesIn = (path: string, text: string): readonly Source[] => {
  const reading = readYaml(text, FILE);
  if ('value' in reading) return reading.value.sources;
  throw new StartRefused(`CITRUS_INSTALLER_SOURCES_FILE: ${reading.problems.map(({ line, reason }) => `${path}${line === null ? '' : `:${line}`}: ${reason}`).join('; ')}. See docs/how-to/installers-from-git.md.`);
};

const readOrRefuse = (path: string, what: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new StartRefused(`CITRUS_INSTALLER_SOURCES_FILE: ${what} ${path} cannot be read (${error instanceof Error ? error.message : String(error)}).`);
  }
};

/** What decides which commit may be used: when it changes, the source is looked at anew. */
const fingerprintOf = ({ url, ref, folder, commit = '', allowed_signers_file: signers }: Source): string =>
  createHash('sha256').update(JSON.stringify([url, ref, folder, commit, signers === undefined ? '' : readOrRefuse(signers, 'the file of signers')])).digest('hex');

export type NamedSource = Source & { readonly fingerprint: string };

/** @throws StartRefused */
export const readSources = (path: string | undefined): readonly NamedSource[] =>
  path === undefined ? [] : sourcesIn(path, readOrRefuse(path, 'the file')).map((source) => ({ ...source, fingerprint: fingerprintOf(source) }));
