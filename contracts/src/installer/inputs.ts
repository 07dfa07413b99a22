/**
 * Which inputs are asked for and whether the answers will do: the one implementation for panel, API, CLI and agent.
 * The panel imports this file, so it holds no zod and no Node. A hidden input's value is dropped, wherever it came from,
 * and so is the answer to one that is not enabled.
 */
import { RE2JS } from 're2js';
import { choicesFrom, isTrue, parseExpression, valueFrom, WORDS, type Sources } from './expression.ts';
import type { Input, InputValue, InstallerAction } from './manifest.ts';

/** This file is the panel's door. */
export { waveEndsOf } from '../jobs/waves.ts';
export { asksForLabels, FilterFault, matchesFilter, parseServerFilter, type FilteredServer } from '../filter/server-filter.ts';
export { mayBeIgnored, preflight } from './preflight.ts';
export { createLineCutter, TERMINAL_CONTROL, visibleText } from '../jobs/log-lines.ts';
export type { Sources } from './expression.ts';

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
/** `if` and the other words of expressions mean themselves there. */
export const isReservedWord = (inputId: string): boolean => WORDS.has(inputId);
export const isSensitive = (input: Input): boolean => input.sensitive || input.type === 'password';

/** These work on what is there already, and nobody may be there to give a secret again: not for a check at night. */
const WITHOUT_SECRETS: readonly InstallerAction[] = ['health', 'backup', 'restore', 'uninstall'];
/** Whether a required secret must be given for an action; one that is given is checked for every action. */
export const requiresSecrets = (action: InstallerAction): boolean => !WITHOUT_SECRETS.includes(action);

const EMAIL = /^[^\s@"<>()[\]\\,;:]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/;

type Answers = Readonly<Record<string, unknown>>;

/** An input as it stands with the answers that were given. */
export type InputState = {
  readonly input: Input;
  readonly isVisible: boolean;
  readonly isEnabled: boolean;
  readonly isRequired: boolean;
  /** What can be chosen; undefined where anything can, or where this place does not know. */
  readonly choices: readonly InputValue[] | undefined;
  /** What it is without an answer. */
  readonly preset: InputValue | undefined;
  /** What it comes to, also when that will not do; undefined when it is missing. */
  readonly value: InputValue | undefined;
  readonly problem: string | undefined;
};

class Failure {
  readonly message: string;
  constructor(message: string) {
    this.message = message;
  }
}

/** Text from a form or a command line and JSON from the API both become the input's own type. */
const parse = (input: Input, raw: unknown, choices: InputState['choices']): InputValue | Failure | undefined => {
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
      return ['string', 'number', 'boolean'].includes(typeof raw) ? matchChoice(choices, raw as InputValue) : new Failure('must be one of the choices');
    case 'string':
    case 'password':
    case 'email':
      return typeof raw === 'string' ? raw : new Failure('must be text');
  }
};

/** A form sends `"2"` where the manifest says `2`. */
const matchChoice = (choices: InputState['choices'], raw: InputValue): InputValue => choices?.find((allowed) => String(allowed) === String(raw)) ?? raw;

/** What a system takes as one variable is 128 KiB in bytes; a text of this size always is below. */
export const LARGEST_TEXT_BYTES = 65_536;

const bytesOf = (text: string): number => new TextEncoder().encode(text).length;

const textProblem = (value: string): string | undefined => {
  if (value.includes('\0')) return 'must not contain a NUL character';
  // Half of a surrogate pair has no form in UTF-8: the script would be given another text.
  if (!value.isWellFormed()) return 'must be whole Unicode characters';
  return bytesOf(value) > LARGEST_TEXT_BYTES ? `must take at most ${LARGEST_TEXT_BYTES} bytes` : undefined;
};

const lengthProblem = (input: Input, value: string): string | undefined => {
  const { min_length: min, max_length: max } = input.validation;
  if (min !== undefined && value.length < min) return `must have at least ${min} characters`;
  if (max !== undefined && value.length > max) return `must have at most ${max} characters`;
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

const choiceProblem = (choices: InputState['choices'], value: InputValue): string | undefined => {
  if (!choices || choices.includes(value)) return undefined;
  return choices.length === 0 ? 'has nothing to choose from' : `must be one of ${choices.slice(0, 50).join(', ')}`;
};

const problemOf = (input: Input, value: InputValue, choices: InputState['choices']): string | undefined => {
  const { pattern, pattern_message: patternMessage } = input.validation;
  const text = typeof value === 'string' ? textProblem(value) : undefined;
  if (text) return text;
  const choice = choiceProblem(choices, value);
  if (choice) return choice;
  // Where it has to be longer anyhow, that is said at once.
  if (isSensitive(input) && (input.validation.min_length ?? 0) < SHORTEST_SECRET && String(value).length < SHORTEST_SECRET) return `must have at least ${SHORTEST_SECRET} characters, so that it can be masked in logs`;
  if (typeof value === 'number') return rangeProblem(input, value);
  if (typeof value !== 'string') return undefined;
  if (input.type === 'email' && !EMAIL.test(value)) return 'must be an e-mail address';
  const length = lengthProblem(input, value);
  if (length) return length;
  if (pattern !== undefined && !RE2JS.compile(pattern).matches(value)) return patternMessage ?? `must match ${pattern}`;
  return undefined;
};

/** Where the answers come from, and what is known there. */
export type Circumstances = {
  /** What is to be done; without it every required input must be there. */
  readonly action?: InstallerAction | undefined;
  readonly sources?: Sources | undefined;
  /** The answers were resolved before: no default is computed again, and what is not enabled keeps what it has. */
  readonly isSettled?: boolean;
};
type Seen = Record<string, InputValue>;
type Context = { readonly action: InstallerAction | undefined; readonly raw: Answers; readonly seen: Seen; readonly sources: Sources; readonly isSettled: boolean };

const holds = (condition: string | undefined, preset: boolean, { seen, sources }: Context): boolean => (condition === undefined ? preset : isTrue(parseExpression(condition), seen, sources));

const isRequiredNow = (input: Input, context: Context): boolean => {
  if (isSensitive(input) && context.action !== undefined && !requiresSecrets(context.action)) return false;
  return input.required || holds(input.required_if, false, context);
};

const presetOf = (input: Input, { seen, sources, isSettled }: Context): InputValue | undefined => {
  if (isSettled) return input.default;
  const computed = input.default_from === undefined ? undefined : valueFrom(parseExpression(input.default_from), seen, sources);
  return computed === undefined || computed === '' ? input.default : computed;
};

const choicesOf = (input: Input, { seen, sources }: Context): readonly InputValue[] | undefined =>
  input.choices_from === undefined ? input.validation.allowed_values : choicesFrom(parseExpression(input.choices_from), seen, sources);

const HIDDEN = { isVisible: false, isEnabled: false, isRequired: false, choices: undefined, preset: undefined, value: undefined, problem: undefined };

const stateOf = (input: Input, context: Context): InputState => {
  if (!holds(input.visible_if, true, context)) return { input, ...HIDDEN };
  const isEnabled = holds(input.enabled_if, true, context);
  const isRequired = isRequiredNow(input, context);
  const [choices, preset] = [choicesOf(input, context), presetOf(input, context)];
  const given = (isEnabled || context.isSettled) && Object.hasOwn(context.raw, input.id) ? context.raw[input.id] : undefined;
  const parsed = parse(input, given ?? preset, choices);
  const known = { input, isVisible: true, isEnabled, isRequired, choices, preset };
  if (parsed instanceof Failure) return { ...known, value: undefined, problem: parsed.message };
  if (parsed === undefined || parsed === '') return { ...known, value: parsed, problem: isRequired ? 'is required' : undefined };
  return { ...known, value: parsed, problem: problemOf(input, parsed, choices) };
};

/** How every input stands with these answers, in the manifest's order: each can only look at the ones above it. */
export const resolveInputs = (inputs: readonly Input[], raw: Answers, { action, sources = {}, isSettled = false }: Circumstances = {}): InputState[] => {
  const seen: Seen = {};
  return inputs.map((input) => {
    const state = stateOf(input, { action, raw, seen, sources, isSettled });
    if (state.value !== undefined) seen[input.id] = state.value;
    return state;
  });
};

/** Which inputs are visible with these answers, in the manifest's order; an input of a hidden input is hidden. */
export const visibleInputs = (inputs: readonly Input[], raw: Answers, circumstances: Circumstances = {}): Input[] =>
  resolveInputs(inputs, raw, circumstances).filter(({ isVisible }) => isVisible).map(({ input }) => input);

/** Nobody reads more, and whoever sends a thousand is not answered with a million words. */
const MOST_TOLD = 20;

/** Checks answers against a manifest's inputs. Values of hidden inputs are dropped; unknown ones are a problem. */
export const checkInputs = (inputs: readonly Input[], raw: Answers, circumstances: Circumstances = {}): CheckedInputs => {
  const values: Record<string, InputValue> = {};
  const problems: InputProblem[] = [];
  const known = new Set(inputs.map((input) => input.id));
  const offered = inputs.length === 0 ? 'it has none' : `it has ${[...known].slice(0, MOST_TOLD).join(', ')}`;
  const unknown = Object.keys(raw).filter((id) => !known.has(id)).slice(0, MOST_TOLD);
  problems.push(...unknown.map((id) => ({ path: id.slice(0, 80), message: `is not an input of this installer; ${offered}` })));
  for (const { input, value, problem } of resolveInputs(inputs, raw, circumstances)) {
    if (problem !== undefined) problems.push({ path: input.id, message: problem });
    // A text that was emptied stays empty: without it the default would come back.
    else if (value !== undefined) values[input.id] = value;
  }
  return { values, problems };
};
