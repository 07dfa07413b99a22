/** One request of somebody, as the gate let it in: who, from where, for which project, and what travels on with calls. */
import { LoggedService, type Caller, type LogVector, type ProjectId } from '@citrus/contracts';
import { ContractViolation, Unauthenticated } from '@citrus/kit-domain';
import type { CallOptions, Told } from '@citrus/kit-messaging';
import { createHash, randomUUID } from 'node:crypto';
import { claimsIn } from './claims.ts';

type Facts = {
  readonly address: string;
  readonly correlationId: string;
  readonly traceparent?: string | undefined;
  readonly idempotencyKey?: string | undefined;
  readonly caller?: Caller | undefined;
  readonly token?: string | undefined;
  readonly projectId?: ProjectId | undefined;
  /** Answers must show at least this much of the logs. */
  readonly after?: LogVector | undefined;
  readonly isByCookie?: boolean;
};

/** A uuid (version 8) that is the same for the same text. */
export const uuidOf = (text: string): string => {
  const bytes = createHash('sha256').update(text).digest().subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
};

export class Visit {
  readonly address: string;
  readonly correlationId: string;
  readonly #facts: Facts;
  readonly #written: LogVector = {};

  constructor(facts: Facts) {
    this.#facts = facts;
    this.address = facts.address;
    this.correlationId = facts.correlationId;
  }

  /** Travels with every call that is made on behalf of this visit. */
  get carried(): CallOptions {
    const { token, correlationId, traceparent } = this.#facts;
    return { token, correlationId, traceparent, told: this.#note };
  }

  readonly #note = ({ service, upTo }: Told): void => {
    const log = LoggedService.safeParse(service);
    if (log.success && upTo !== undefined) this.#written[log.data] = Math.max(upTo, this.#written[log.data] ?? 0);
  };

  /** Up to where the services that were asked can show their logs: what this visit has written is not beyond it. */
  get written(): LogVector {
    return this.#written;
  }

  get after(): LogVector {
    return this.#facts.after ?? {};
  }

  get isByCookie(): boolean {
    return this.#facts.isByCookie ?? false;
  }

  get caller(): Caller {
    if (!this.#facts.caller) throw new Unauthenticated('Sign in first.');
    return this.#facts.caller;
  }

  get token(): string {
    if (!this.#facts.token) throw new Unauthenticated('Sign in first.');
    return this.#facts.token;
  }

  /** Aborts when the access token runs out: a live stream ends then, and comes back with a new one or not at all. */
  expiry(): AbortSignal {
    return AbortSignal.timeout(Math.max(0, claimsIn(this.token).exp * 1000 - Date.now()));
  }

  get userId(): string | undefined {
    return this.#facts.caller?.userId;
  }

  get projectId(): ProjectId {
    const { projectId } = this.#facts;
    if (!projectId) throw new ContractViolation('Say which project.', [{ path: 'projectId', message: 'is missing' }]);
    return projectId;
  }

  /** A new id; with an Idempotency-Key the same one for the same person, project if there is one, key and purpose. */
  newId(purpose: string): string {
    const { idempotencyKey } = this.#facts;
    return idempotencyKey === undefined ? randomUUID() : uuidOf([this.caller.userId, this.#facts.projectId ?? 'installation', purpose, idempotencyKey].join('\n'));
  }
}
