import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';

/**
 * Who may ask, and for what. One token a line; scopes after it (`droplet:read tag:create`) narrow it down, none mean
 * everything. The file is read again when it changes: adding a line and removing one is how a token is rotated.
 */
export type Grant = {
  /** Tells tokens apart without being one: each has its own rate limit. */
  key: string;
  scopes: ReadonlySet<string> | 'all';
};

export class Tokens {
  readonly #file: string | undefined;
  #grants: ReadonlyMap<string, Grant>;
  #stamp = '';

  /** @param text the lines, when there is no file to read them from */
  constructor({ text, file }: { text: string; file?: string | undefined }) {
    this.#grants = grantsOf(text);
    this.#file = file;
  }

  grantOf(authorization: string | undefined): Grant | undefined {
    this.#reread();
    const [scheme, given = ''] = (authorization ?? '').split(' ');
    return scheme?.toLowerCase() === 'bearer' ? this.#grants.get(digestOf(given)) : undefined;
  }

  /** Gone or empty: nobody may ask any more. */
  #reread(): void {
    if (this.#file === undefined) return;
    const stat = statSync(this.#file, { throwIfNoEntry: false });
    const stamp = stat ? `${stat.mtimeMs}:${stat.size}:${stat.ino}` : 'absent';
    if (stamp === this.#stamp) return;
    this.#stamp = stamp;
    this.#grants = grantsOf(stat ? readFileSync(this.#file, 'utf8') : '');
  }
}

/** By digest, so that a look-up takes no longer for a guess that is nearly right. */
const grantsOf = (text: string): ReadonlyMap<string, Grant> => {
  const lines = text.split('\n').map((line) => line.trim()).filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(lines.map((line) => {
    const [token = '', ...scopes] = line.split(/\s+/);
    const key = digestOf(token);
    return [key, { key, scopes: scopes.length === 0 ? 'all' : new Set(scopes) }];
  }));
};

const digestOf = (token: string): string => createHash('sha256').update(token).digest('hex');
