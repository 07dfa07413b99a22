/** Sliding limits: each request has its own one-minute and one-hour timer. Refused requests do not count. */
export type RateLimits = { requestsPerMinute: number; requestsPerHour: number };
export type Verdict = { allowed: boolean; headers: Record<string, string> };

const MINUTE = 60_000;
const HOUR = 3_600_000;

export class RateLimit {
  readonly #limits: RateLimits;
  /** Arrival times of the last hour, oldest first; the live part begins at #first. */
  #times: number[] = [];
  #first = 0;

  constructor(limits: RateLimits) {
    this.#limits = limits;
  }

  take(now: number): Verdict {
    this.#forget(now - HOUR);
    const inHour = this.#times.length - this.#first;
    const burst = this.#burst(now);
    const allowed = inHour < this.#limits.requestsPerHour && burst === undefined;
    if (allowed) this.#times.push(now);
    return { allowed, headers: this.#headers(now, burst) };
  }

  /** Undefined while the minute has room, else the milliseconds until it has again. */
  #burst(now: number): number | undefined {
    const oldest = this.#times.length - this.#limits.requestsPerMinute;
    const time = oldest >= this.#first ? this.#times[oldest] : undefined;
    return time !== undefined && time > now - MINUTE ? time + MINUTE - now : undefined;
  }

  #headers(now: number, burst: number | undefined): Record<string, string> {
    const left = Math.max(0, this.#limits.requestsPerHour - (this.#times.length - this.#first));
    const reset = Math.ceil(((this.#times[this.#first] ?? now) + HOUR) / 1000);
    return {
      'ratelimit-limit': String(this.#limits.requestsPerHour),
      'ratelimit-remaining': String(burst === undefined ? left : 0),
      'ratelimit-reset': String(reset),
      ...(burst === undefined ? {} : { 'retry-after': String(Math.max(1, Math.ceil(burst / 1000))) }),
    };
  }

  #forget(before: number): void {
    while (this.#first < this.#times.length && (this.#times[this.#first] ?? Infinity) <= before) this.#first += 1;
    if (this.#first > 10_000) {
      this.#times = this.#times.slice(this.#first);
      this.#first = 0;
    }
  }
}

/** Each token has its own limit; all that come without a good one share theirs. */
export class RateLimitByToken {
  readonly #limits: RateLimits;
  readonly #byToken = new Map<string | undefined, RateLimit>();

  constructor(limits: RateLimits) {
    this.#limits = limits;
  }

  take(token: string | undefined, now: number): Verdict {
    const limit = this.#byToken.get(token) ?? new RateLimit(this.#limits);
    this.#byToken.set(token, limit);
    return limit.take(now);
  }
}
