/** What is looked for in the text of an installer's scripts: what breaks them on a server, and what makes them wait for somebody who is not there. */
import { isSensitive, requiresSecrets, variableOf, type InstallerAction, type InstallerManifest } from '@citrus/contracts';

export type Finding = { readonly file: string; readonly line: number | null; readonly severity: 'error' | 'warning'; readonly message: string; readonly advice: string };
export type Script = { readonly path: string; readonly text: string };

type Hint = { readonly pattern: RegExp; readonly unless?: RegExp; readonly message: string; readonly advice: string };

/** By line, comments left out. A hint may be wrong, so it is a warning. */
const HINTS: readonly Hint[] = [
  { pattern: /(?:^|[;&|]\s*|\bsudo\s+)(?:apt-get|aptitude)\s+(?:[^#]*\s)?(?:install|upgrade|dist-upgrade|full-upgrade|remove|purge|autoremove)\b/, unless: /\s(?:-\w*y\w*|--yes|--assume-yes|-qq)\b/, message: 'apt-get asks whether to go on', advice: 'Write apt-get -y …; the agent sets DEBIAN_FRONTEND itself.' },
  { pattern: /(?:^|[;&|(]\s*)read\s+(?:-\w+\s+)*-\w*p|(?:^|[;&|(]\s*)select\s+\w+\s+in\b/, message: 'it asks a person', advice: 'Scripts have no standard input: make it an input of the manifest.' },
  { pattern: /\bsudo\s/, message: 'it calls sudo', advice: 'The agent runs as root, and as an ordinary user there is no sudo without a password: leave it out.' },
  { pattern: /\b(?:curl|wget)\b[^|#]*\|\s*(?:sudo\s+)?(?:ba|da|z)?sh\b/, message: 'it runs whatever the network answers', advice: 'Download to a file, compare its checksum, then run it.' },
  { pattern: /(?:^|[;&|]\s*)(?:nano|vim?|emacs|less|more|top|htop|mysql_secure_installation|systemctl\s+edit)\b/, message: 'it opens a program for people', advice: 'Change files with sed, cat or install.' },
  { pattern: /(?:^|[;&|]\s*)passwd(?:\s|$)/, message: 'passwd asks for the password', advice: 'Use chpasswd, and take the password from an input.' },
  { pattern: /\bdocker\s+(?:run|exec)\b[^#]*\s-(?:it|ti|t)\b/, message: 'docker is asked for a terminal', advice: 'Leave -t out: there is none.' },
  { pattern: /(?:^|[;&|]\s*)set\s+-\w*x/, message: 'set -x writes every value into the log', advice: 'Leave it out; secrets are masked, but not what is made of them.' },
];

const withoutComment = (line: string): string => line.replace(/^\s*#.*$/, '').replace(/\s#\s.*$/, '');

const hintsIn = ({ path, text }: Script): Finding[] =>
  text.split('\n').flatMap((line, index) => {
    const code = withoutComment(line);
    return HINTS.filter(({ pattern, unless }) => pattern.test(code) && !unless?.test(code))
      .map(({ message, advice }): Finding => ({ file: path, line: index + 1, severity: 'warning', message, advice }));
  });

const bytesFindings = ({ path, text }: Script): Finding[] => {
  const error = (line: number, message: string, advice: string): Finding => ({ file: path, line, severity: 'error', message, advice });
  const found: Finding[] = [];
  if (text.startsWith('\u{feff}')) found.push(error(1, 'it begins with a byte-order mark, so #! is not seen', 'Save it as UTF-8 without a mark.'));
  const windows = text.split('\n').findIndex((line) => line.endsWith('\r'));
  if (windows !== -1) found.push(error(windows + 1, 'its lines end as on Windows (CRLF)', `Save it with LF: sed -i 's/\\r$//' ${path}`));
  if (text.includes('\0')) found.push(error(1, 'there is a NUL character in it', 'A script is text: put programs into a file of their own, or download them.'));
  return found;
};

/** The files of the folder that a script reads with `.` or `source`, and those that they read. */
const withSourced = (script: Script, all: readonly Script[], seen: readonly Script[] = []): readonly Script[] =>
  [...script.text.matchAll(/^\s*(?:\.|source)\s+(\S.*)$/gm)].reduce<readonly Script[]>((known, [, named = '']) => {
    const next = all.find(({ path }) => new RegExp(`(?:^|[/"'])${path.replaceAll('.', '\\.')}["']?\\s*(?:$|[;#])`).test(named));
    return next && !known.includes(next) ? withSourced(next, all, known) : known;
  }, [...seen, script]);

const isSet = (texts: readonly Script[], option: RegExp): boolean => texts.some(({ text }) => text.split('\n').some((line) => option.test(withoutComment(line))));

const STRICT = [
  { option: /^\s*set\s+(?:-\w*e|.*-o\s+errexit)/, flag: '-e' }, { option: /^\s*set\s+(?:-\w*u|.*-o\s+nounset)/, flag: '-u' }, { option: /^\s*set\s+.*pipefail/, flag: '-o pipefail' },
] as const;

/** Of a script that the manifest names; what is only read by others is not run by itself. */
const startFindings = (script: Script, all: readonly Script[]): Finding[] => {
  const found: Finding[] = [];
  if (!/^#!\/(?:usr\/)?bin\/(?:env )?bash\b/.test(script.text)) found.push({ file: script.path, line: 1, severity: 'error', message: 'it does not begin with #!/bin/bash', advice: 'The agent runs scripts with bash; the first line lets people and editors know.' });
  const missing = STRICT.filter(({ option }) => !isSet(withSourced(script, all), option)).map(({ flag }) => flag);
  if (missing.length > 0) found.push({ file: script.path, line: 1, severity: 'error', message: `a failing step would go unnoticed: set ${missing.join(' ')} is missing`, advice: 'Write set -euo pipefail after the first line.' });
  return found;
};

export const scriptsOf = ({ install_script: install, scripts }: InstallerManifest): ReadonlySet<string> => new Set([install, ...Object.values(scripts)]);

/** A bare `$NAME` ends a script with `set -u` where it is not set, unless the script asks first. */
const relyingOn = (name: string, text: string): number =>
  new RegExp(`-v\\s+${name}\\b|\\$\\{${name}:?[-+=]`).test(text) ? -1 : text.split('\n').findIndex((line) => new RegExp(`\\$(?:${name}(?!\\w)|\\{#?${name}(?!\\w))`).test(withoutComment(line)));

/** Scripts that nobody is asked for a secret for. One that also installs is left alone: it may ask what it was run for. */
export const secretFindings = ({ inputs, install_script: install, scripts: actions }: InstallerManifest, scripts: readonly Script[]): Finding[] => {
  const runs = Object.entries({ ...actions, install }) as [InstallerAction, string][];
  const without = scripts.map((script) => ({ ...script, of: runs.filter(([, path]) => path === script.path).map(([action]) => action) })).filter(({ of }) => of.length > 0 && !of.some(requiresSecrets));
  return without.flatMap(({ path, text, of }) => inputs.filter(isSensitive).map(({ id }) => variableOf(id)).flatMap((name): Finding[] => {
    const line = relyingOn(name, text);
    return line === -1 ? [] : [{ file: path, line: line + 1, severity: 'warning', message: `it relies on ${name}, and ${of.join(' and ')} may run without secrets`, advice: `Keep what it needs below CITRUS_APP_DIR when it is installed, or write \${${name}:-} and go on without.` }];
  }));
};

/** @param named the scripts that the manifest names */
export const scriptFindings = (scripts: readonly Script[], named: ReadonlySet<string>): Finding[] =>
  scripts.flatMap((script) => [...bytesFindings(script), ...(named.has(script.path) ? startFindings(script, scripts) : []), ...hintsIn(script)]);
