/** Where a source may be, and what may be asked for there. Pure: what git is given was looked at here first. */

export type Protocol = 'https' | 'ssh' | 'file';
export type Remote = { readonly protocol: Protocol } | { readonly fault: string };

/** No letter that a shell, git or ssh gives a meaning to; ssh's command is a text that git hands to a shell. */
const PATH = /^(\/[A-Za-z0-9_.][A-Za-z0-9._-]*)+$/;
const HOST = /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i;
const USER = /^([A-Za-z0-9_][A-Za-z0-9._-]*)?$/;

/** Also what `URL` would read as something else than git does: a backslash, a tab, an escape. */
const ADDRESS = /^(https|ssh):\/\/[A-Za-z0-9@:._/-]+$/;

export const isPlainPath = (path: string): boolean => PATH.test(path) && !path.split('/').includes('..');

const WHAT_IS_ALLOWED = 'https://host/path, ssh://user@host/path, or the absolute path of a repository on this machine';

/** http and git:// let whoever is in between choose what runs on the servers; ext:: and other helpers run programs here. */
export const remoteOf = (url: string): Remote => {
  if (url.startsWith('/')) return isPlainPath(url) ? { protocol: 'file' } : { fault: `a path is made of letters, digits and . _ - between slashes, without ..` };
  const parsed = ADDRESS.test(url) && URL.canParse(url) ? new URL(url) : undefined;
  if (!parsed) return { fault: `must be ${WHAT_IS_ALLOWED}` };
  const { protocol, hostname, username, password, pathname, search, hash } = parsed;
  if (password !== '' || (protocol === 'https:' && username !== '')) return { fault: 'holds a secret that everybody would see; put the token into a file and name it as token_file' };
  if (!HOST.test(hostname) || !USER.test(username) || !isPlainPath(pathname) || search !== '' || hash !== '') return { fault: `must be ${WHAT_IS_ALLOWED}, with nothing after the path` };
  return { protocol: protocol === 'https:' ? 'https' : 'ssh' };
};

const COMMIT = /^[0-9a-f]{40}$/;
export const isCommit = (ref: string): boolean => COMMIT.test(ref);

/** A name that git takes for one, and never for an option, a range, or a refspec. */
export const isRef = (ref: string): boolean => /^[A-Za-z0-9_][A-Za-z0-9._/-]*$/.test(ref) && !/\.\.|\/\/|\/\.|\.lock(\/|$)|[/.]$/.test(ref);

export type Wanted = { readonly name: string; readonly commit: string };

/** In git's own order, and only whole names: `main` is not `old/main`. */
const PREFIXES = ['', 'refs/', 'refs/tags/', 'refs/heads/'];

/** What a ref is over there, by the output of `git ls-remote`; of an annotated tag, the commit that it is on. */
export const wantedOf = (ref: string, listed: string): Wanted | undefined => {
  if (isCommit(ref)) return { name: ref, commit: ref };
  const commits = new Map(listed.split('\n').map((line) => line.split('\t')).map(([commit = '', name = '']) => [name, commit]));
  const name = PREFIXES.map((prefix) => `${prefix}${ref}`).find((each) => commits.has(each));
  const commit = name && (commits.get(`${name}^{}`) ?? commits.get(name));
  return name && commit && isCommit(commit) ? { name, commit } : undefined;
};
