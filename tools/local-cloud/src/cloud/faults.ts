import { readFileSync, statSync } from 'node:fs';
import { z } from 'zod';

/**
 * The weather of the local cloud. A fault strikes by chance, a number of times, or always; the whole set is one JSON
 * document, switched by a file that is read again when it changes, or by `PUT /local/faults`.
 */
const trigger = {
  probability: z.number().min(0).max(1).default(1),
  times: z.int().min(0).optional(),
  /** Only requests of this method, below this path. */
  method: z.string().optional(),
  path: z.string().optional(),
  /** Only droplets whose name matches this regular expression. */
  name: z.string().refine(isRegularExpression, 'not a regular expression').optional(),
};
const Trigger = z.strictObject(trigger);
const lag = z.int().min(0).default(0);

export const Faults = z.strictObject({
  seed: z.int().default(1),
  tooManyRequests: Trigger.optional(),
  serverError: z.strictObject({ ...trigger, status: z.literal([500, 502, 503, 504, 520]).default(500), isHtml: z.boolean().default(false) }).optional(),
  /** As if the token had been revoked. */
  unauthorized: Trigger.optional(),
  forbidden: Trigger.optional(),
  /**
   * Connection cut, kept waiting for ever, or an error instead of an answer; `after` it was carried out or `before`, when
   * nothing has happened. Without a method: of what makes and changes (POST, PUT).
   */
  lostAnswer: z.strictObject({ ...trigger, mode: z.enum(['reset', 'hang', 'error']).default('reset'), when: z.enum(['after', 'before']).default('after') }).optional(),
  slowAnswer: z.strictObject({ ...trigger, ms: z.int().min(0) }).optional(),
  listLagMs: lag,
  getLagMs: lag,
  tagLagMs: lag,
  networkLagMs: lag,
  /** Accepted, then gone before or after it was seen. */
  vanish: z.strictObject({ ...trigger, afterMs: lag }).optional(),
  slowBoot: z.strictObject({ ...trigger, ms: z.int().min(0) }).optional(),
  /** Stays `new` for ever. */
  neverActive: Trigger.optional(),
  /** Becomes active and has an address, but no machine ever runs there. */
  neverBoots: Trigger.optional(),
  /** The create action ends `errored` and the droplet is removed. */
  createFails: Trigger.optional(),
  /** An action that was accepted ends `errored` and has changed nothing; of one type, or of any. */
  actionFails: z.strictObject({ ...trigger, type: z.string().optional() }).optional(),
  slowAction: z.strictObject({ ...trigger, ms: z.int().min(0), type: z.string().optional() }).optional(),
  /** A DELETE is answered 204 and forgotten, as the real service did with droplets that were still new. */
  deleteIgnored: Trigger.optional(),
  slowDelete: z.strictObject({ ...trigger, ms: z.int().min(0) }).optional(),
  unavailableRegions: z.array(z.string()).default([]),
  unavailableSizes: z.array(z.string()).default([]),
  accountStatus: z.enum(['active', 'warning', 'locked']).default('active'),
});
export type Faults = z.infer<typeof Faults>;
export type FaultName =
  | 'unauthorized' | 'slowAnswer' | 'actionFails' | 'slowAction' | 'deleteIgnored' | 'slowDelete'
  | 'tooManyRequests' | 'serverError' | 'forbidden' | 'lostAnswer' | 'vanish' | 'slowBoot' | 'neverActive' | 'neverBoots' | 'createFails';
/** `type`: of an action. */
export type Occasion = { method?: string; path?: string; name?: string; type?: string };

function isRegularExpression(text: string): boolean {
  try {
    return new RegExp(text, 'u') instanceof RegExp;
  } catch {
    return false;
  }
}

export class Weather {
  readonly #file: string | undefined;
  readonly #complain: (message: string) => void;
  #faults = Faults.parse({});
  #stamp = '';
  #struck = new Map<FaultName, number>();
  #random = seeded(1);

  constructor(file: string | undefined, complain: (message: string) => void) {
    this.#file = file;
    this.#complain = complain;
  }

  get faults(): Faults {
    this.#reread();
    return this.#faults;
  }

  set(faults: Faults): void {
    this.#faults = faults;
    this.#struck = new Map();
    this.#random = seeded(faults.seed);
  }

  /** The fault's settings when it strikes on this occasion, else undefined. */
  strikes<N extends FaultName>(name: N, occasion: Occasion): NonNullable<Faults[N]> | undefined {
    const fault = this.faults[name];
    if (!fault || !matches(fault, occasion)) return undefined;
    const struck = this.#struck.get(name) ?? 0;
    if (struck >= (fault.times ?? Infinity) || this.#random() >= fault.probability) return undefined;
    this.#struck.set(name, struck + 1);
    return fault;
  }

  #reread(): void {
    if (this.#file === undefined) return;
    const stamp = stampOf(this.#file);
    if (stamp === this.#stamp) return;
    this.#stamp = stamp;
    try {
      this.set(Faults.parse(stamp === 'absent' ? {} : JSON.parse(readFileSync(this.#file, 'utf8'))));
    } catch (error) {
      const reason = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
      this.#complain(`${this.#file} is not a set of faults; the ones before stay: ${reason}`);
    }
  }
}

const matches = (fault: z.infer<typeof Trigger> & { type?: string | undefined }, occasion: Occasion): boolean =>
  (fault.type === undefined || fault.type === occasion.type) &&
  (fault.method === undefined || fault.method === occasion.method) &&
  (fault.path === undefined || (occasion.path ?? '').startsWith(fault.path)) &&
  (fault.name === undefined || new RegExp(fault.name, 'u').test(occasion.name ?? ''));

const stampOf = (file: string): string => {
  const stat = statSync(file, { throwIfNoEntry: false });
  return stat ? `${stat.mtimeMs}:${stat.size}:${stat.ino}` : 'absent';
};

/** mulberry32: the same seed gives the same weather. */
const seeded = (seed: number) => {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};
