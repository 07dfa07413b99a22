/** `citrus installers check`: an installer's folder by the rules of the registry, on the machine of whoever writes it. No hub is asked. */
import { spawnSync } from 'node:child_process';
import { constants, existsSync, statSync } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { BadFolder, bundleFolder, readInstallerFolder, type FolderFile, type FolderReader } from '@citrus/contracts/installer-folder';
import { CliFailure, EXIT, usageFailure } from '../failure.ts';
import { printable, processTerminal, type Terminal } from '../output/terminal.ts';
import type { CheckOptions } from './installer.command.ts';
import { scriptFindings, scriptsOf, secretFindings, type Finding, type Script } from './script-rules.ts';

export type FolderFindings = { readonly folder: string; readonly findings: readonly Finding[] };

const folderOnDisk = (folder: string): FolderReader => ({
  list: async (below) =>
    (await readdir(join(folder, below), { withFileTypes: true })).map((entry) => ({ name: entry.name, kind: entry.isFile() ? 'file' : entry.isDirectory() ? 'folder' : 'other' })),
  read: async (path, mostBytes) => {
    const file = await open(join(folder, path), constants.O_RDONLY | constants.O_NOFOLLOW);
    try {
      if ((await file.stat()).size > mostBytes) return undefined;
      const bytes = await file.readFile();
      return { text: bytes.toString('utf8'), base64: bytes.toString('base64') };
    } finally {
      await file.close();
    }
  },
});

const BASH_WITHIN_MS = 10_000;

/** What bash says without running anything; nothing where there is no bash. */
const syntaxFindings = ({ path, text }: Script): Finding[] => {
  // By standard input, and without what a profile or BASH_ENV of the person would bring along.
  const { status, stderr, error } = spawnSync('bash', ['--norc', '--noprofile', '-n'], { input: text, encoding: 'utf8', env: { PATH: process.env['PATH'] ?? '', LC_ALL: 'C' }, timeout: BASH_WITHIN_MS });
  if (error || status === 0) return [];
  const told = stderr.split('\n').flatMap((line) => {
    const [, at, message] = /^bash: line (\d+): (.*)$/.exec(line) ?? [];
    return message === undefined || message.startsWith('`') ? [] : [{ file: path, line: Number(at), severity: 'error' as const, message: `bash cannot read it: ${message}`, advice: 'Look at this line and the ones before it: a quote, fi, done or } is missing or one too many.' }];
  });
  return told.slice(0, 1);
};

const modeFindings = (folder: string, named: ReadonlySet<string>): Finding[] =>
  [...named].filter((path) => (statSync(join(folder, path)).mode & 0o100) === 0)
    .map((path) => ({ file: path, line: null, severity: 'warning' as const, message: 'it is not executable', advice: `On servers it is; to try it by hand: chmod +x ${path}` }));

const refusedFinding = (file: string, line: number | null, message: string): Finding => ({ file, line, severity: 'error', message, advice: 'docs/reference/installer-manifest.md shows how it is written.' });

/** A manifest that is none says nothing of scripts: then each is taken for one that is run. */
const findingsIn = (folder: string, files: readonly FolderFile[]): Finding[] => {
  const reading = readInstallerFolder(basename(folder), files);
  const scripts: Script[] = files.filter(({ path }) => path.endsWith('.sh'));
  const named = 'manifest' in reading ? scriptsOf(reading.manifest) : new Set<string>();
  return [
    ...('refused' in reading ? reading.refused.map(({ file, line, reason }) => refusedFinding(file, line, reason)) : []),
    ...scriptFindings(scripts, named), ...('manifest' in reading ? secretFindings(reading.manifest, scripts) : []), ...scripts.flatMap(syntaxFindings), ...modeFindings(folder, named),
    ...(existsSync(join(folder, 'README.md')) ? [] : [{ file: 'README.md', line: null, severity: 'warning' as const, message: 'there is none', advice: 'Say what it installs, what it asks and what it leaves behind.' }]),
  ];
};

const orderOf = ({ severity, file, line }: Finding): string => `${severity} ${file} ${String(line ?? 0).padStart(9, '0')}`;

export const checkFolder = async (folder: string): Promise<FolderFindings> => {
  const path = resolve(folder);
  try {
    const { files } = await bundleFolder(folderOnDisk(path));
    return { folder, findings: findingsIn(path, files).toSorted((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1)) };
  } catch (error) {
    if (!(error instanceof BadFolder)) throw error;
    return { folder, findings: [refusedFinding(error.file, null, error.message)] };
  }
};

/** The folder itself, or the installers in it. @throws CliFailure where there is none */
const foldersIn = async (folder: string): Promise<string[]> => {
  const entries = await readdir(folder, { withFileTypes: true }).catch((cause: unknown) => {
    throw new CliFailure(`${folder} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`, { exit: EXIT.usage, code: 'folder.unreadable', advice: 'Name the folder of an installer: citrus installers check installers/nginx', cause });
  });
  if (entries.some(({ name }) => name === 'manifest.yml')) return [folder];
  const inside = entries.filter((entry) => entry.isDirectory() && existsSync(join(folder, entry.name, 'manifest.yml'))).map(({ name }) => join(folder, name));
  return inside.length > 0 ? inside.toSorted() : [folder];
};

const lineOf = (folder: string, { file, line, severity, message, advice }: Finding, { style }: Terminal): string =>
  `${printable(`${join(folder, file)}${line === null ? '' : `:${line}`}`)}: ${style(severity === 'error' ? 'red' : 'yellow', severity)}: ${printable(message)}. ${printable(advice)}`;

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

/** @throws CliFailure when there is an error, after all of them were told */
export const check = async (wanted: readonly string[], { json }: CheckOptions, terminal: Terminal = processTerminal()): Promise<void> => {
  const folders = (await Promise.all(wanted.map(foldersIn))).flat();
  if (folders.length === 0) throw usageFailure('there is no folder to check', 'Name one: citrus installers check installers/nginx');
  const results: FolderFindings[] = [];
  for (const folder of folders) results.push(await checkFolder(folder));
  const all = results.flatMap(({ findings }) => findings);
  const errors = all.filter(({ severity }) => severity === 'error').length;
  if (json) await terminal.out(JSON.stringify({ ok: errors === 0, errors, warnings: all.length - errors, installers: results }));
  else for (const { folder, findings } of results) {
    for (const finding of findings) await terminal.out(lineOf(folder, finding, terminal));
    if (findings.length === 0) await terminal.out(`${printable(folder)}: good`);
  }
  if (errors > 0) throw new CliFailure(`${counted(errors, 'error')} and ${counted(all.length - errors, 'warning')}`, { exit: EXIT.failed, code: 'installer.faulty', advice: 'With errors the installer is refused or fails on servers; correct them and check again.' });
};
