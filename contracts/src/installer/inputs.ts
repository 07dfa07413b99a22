/**
 * Which inputs are asked for and whether the answers will do: the one implementation for panel, API, CLI and agent.
 * The panel imports this file, so it holds no zod and no Node. A hidden input's value is dropped, wherever it came from.
 */
import { RE2JS } from 're2js';
import { isTrue, parseExpression } from './expression.ts';
import type { Input, InputValue } from './manifest.ts';

export type InputProblem = { readonly path: string; readonly message: string };
export type CheckedInputs = { readonly values: Record<string, InputValue>; readonly problems: InputProblem[] };

/** Names that would change how the script's own shell or loader behaves, or that the agent sets itself. */
const RESERVED = new Set(['PATH', 'IFS', 'HOME', 'SHELL', 'USER', 'LOGNAME', 'PWD', 'OLDPWD', 'ENV', 'PS0', 'PS1', 'PS2', 'PS3', 'PS4', 'SHELLOPTS', 'BASHOPTS', 'CDPATH', 'GLOBIGNORE', 'FUNCNAME', 'EUID', 'UID', 'PPID', 'TMPDIR', 'LANG', 'TERM', 'RANDOM', 'SECONDS', 'LINENO', 'OPTARG', 'OPTIND', 'REPLY', 'HOSTNAME', 'DEBIAN_FRONTEND', 'PROVISIONING_JOB', 'PROMPT_COMMAND', 'HISTFILE', 'TZ', 'SERVER_ADDRESS',
  // What common programs run, load or inherit when it stands in their environment.
  'TAR_OPTIONS', 'WGETRC', 'GZIP', 'XZ_OPT', 'XZ_DEFAULTS', 'ZIPOPT', 'NGINX', 'NOTIFY_SOCKET', 'LISTEN_FDS', 'LISTEN_PID', 'EDITOR', 'VISUAL', 'PAGER', 'TMP', 'TEMP', 'POSIXLY_CORRECT']);
const RESERVED_PREFIXES = ['LD_', 'BASH', 'LC_', 'NODE_', 'PYTHON', 'PERL', 'RUBY', 'GIT_', 'DPKG_', 'APT_', 'SYSTEMD_', 'CITRUS_', 'SSL_', 'OPENSSL_', 'CURL_', 'RSYNC_', 'SUDO_', 'SSH_', 'JAVA_', 'PHP_', 'DEBCONF_', 'XDG_', 'MALLOC_', 'GCONV_', 'GLIBC_'];

/** The variable that a script finds an input in. */
export const variableOf = (inputId: string): string => inputId.toUpperCase();
export const isReservedVariable = (name: string): boolean => RESERVED.has(name) || RESERVED_PREFIXES.some((prefix) => name.startsWith(prefix));
export const isSensitive = (input: Input): boolean => input.sensitive || input.type === 'password';

const EMAIL = /^[^\s@"<>()[\]\\,;:]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/;

/** Which inputs are visible with these answers, in the manifest's order; an input of a hidden input is hidden. */
export const visibleInputs = (inputs: readonly Input[], values: Readonly<Record<string, unknown>>): Input[] => {
  const seen: Record<string, InputValue> = {};
  return inputs.filter((input) => {
    const visible = input.visible_if === undefined || isTrue(parseExpression(input.visible_if), seen);
    const value = parse(input, values[input.id] ?? input.default);
    if (visible && value !== undefined && !(value instanceof Failure)) seen[input.id] = value;
    return visible;
  });
};

class Failure {
  readonly message: string;
  constructor(message: string) {
    this.message = message;
  }
}

/** Text from a form or a command line and JSON from the API both become the input's own type. */
const parse = (input: Input, raw: unknown): InputValue | Failure | undefined => {
  if (raw === undefined || raw === null || (raw === '' && input.type !== 'string')) return undefined;
  switch (input.type) {
    case 'boolean':
      if (typeof raw === 'boolean') return raw;
      return raw === 'true' ? true : raw === 'false' ? false : new Failure('must be true or false');
    case 'integer':
    case 'port': {
      const number = typeof raw === 'number' ? raw : typeof raw === 'string' && /^-?\d{1,15}$/.test(raw) ? Number(raw) : NaN;
      return Number.isSafeInteger(number) ? number : new Failure('must be a whole number');
    }
    case 'select':
      return ['string', 'number', 'boolean'].includes(typeof raw) ? matchChoice(input, raw as InputValue) : new Failure('must be one of the choices');
    case 'string':
    case 'password':
    case 'email':
      if (typeof raw !== 'string') return new Failure('must be text');
      return raw.includes('\0') ? new Failure('must not contain a NUL character') : raw;
  }
};

/** A form sends `"2"` where the manifest says `2`. */
const matchChoice = (input: Input, raw: InputValue): InputValue => input.validation.allowed_values?.find((allowed) => String(allowed) === String(raw)) ?? raw;

const lengthProblem = (input: Input, value: string): string | undefined => {
  const { min_length: min, max_length: max } = input.validation;
  if (min !== undefined && value.length < min) return `must have at least ${min} characters`;
  if (max !== undefined && value.length > max) return `must have at most ${max} characters`;
  if (value.length > 65_536) return 'must have at most 65536 characters';
  return undefined;
};

/** A shorter secret cannot be masked in a log without masking half of the log. */
const SHORTEST_SECRET = 4;

const rangeProblem = (input: Input, value: number): string | undefined => {
  const { min_value: min, max_value: max } = input.validation;
  if (input.type === 'port' && (value < 1 || value > 65_535)) return 'must be a port from 1 to 65535';
  if (min !== undefined && value < min) return `must be at least ${min}`;
  if (max !== undefined && value > max) return `must be at most ${max}`;
  return undefined;
};

const problemOf = (input: Input, value: InputValue): string | undefined => {
  const { allowed_values: allowed, pattern, pattern_message: patternMessage } = input.validation;
  if (allowed && !allowed.includes(value)) return `must be one of ${allowed.join(', ')}`;
  if (isSensitive(input) && String(value).length < SHORTEST_SECRET) return `must have at least ${SHORTEST_SECRET} characters, so that it can be masked in logs`;
  if (typeof value === 'number') return rangeProblem(input, value);
  if (typeof value !== 'string') return undefined;
  if (input.type === 'email' && !EMAIL.test(value)) return 'must be an e-mail address';
  const length = lengthProblem(input, value);
  if (length) return length;
  if (pattern !== undefined && !RE2JS.compile(pattern).matches(value)) return patternMessage ?? `must match ${pattern}`;
  return undefined;
};

/** Checks answers against a manifest's inputs. Values of hidden inputs are dropped; unknown ones are a problem. */
export const checkInputs = (inputs: readonly Input[], raw: Readonly<Record<string, unknown>>): CheckedInputs => {
  const values: Record<string, InputValue> = {};
  const problems: InputProblem[] = [];
  const known = new Set(inputs.map((input) => input.id));
  for (const id of Object.keys(raw)) if (!known.has(id)) problems.push({ path: id.slice(0, 80), message: 'is not an input of this installer' });
  for (const input of visibleInputs(inputs, raw)) {
    const value = parse(input, Object.hasOwn(raw, input.id) ? raw[input.id] : input.default);
    const missing = value === undefined || value === '';
    if (missing && input.required) problems.push({ path: input.id, message: 'is required' });
    else if (value instanceof Failure) problems.push({ path: input.id, message: value.message });
    else if (value !== undefined && !(missing && !input.required)) {
      const problem = problemOf(input, value);
      if (problem) problems.push({ path: input.id, message: problem });
      else values[input.id] = value;
    }
  }
  return { values, problems };
};
