/**
 * Everything thrown on purpose is one of these; `settlement.ts` alone decides what becomes of them. None knows HTTP or
 * NATS. Messages are shown to people: what happened, why, and what to do. Causes go to `cause`, never into the message.
 */

export type FieldProblem = { readonly path: string; readonly message: string };

/** The domain says no; expected and final. `code` is `noun.reason`. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  constructor(
    readonly code: string,
    message: string,
    readonly fields?: readonly FieldProblem[],
  ) {
    super(message);
  }
}

/** What is asked for does not exist, or not for this caller: the answer is the same. */
export class NotFound extends Error {
  override readonly name = 'NotFound';
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** The message is not what `contracts` promised. */
export class ContractViolation extends Error {
  override readonly name = 'ContractViolation';
  constructor(
    message: string,
    readonly fields?: readonly FieldProblem[],
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** A dependency is down; the same call may work later. */
export class Unavailable extends Error {
  override readonly name = 'Unavailable';
  readonly retryAfterMs: number;
  constructor(message: string, options: ErrorOptions & { retryAfterMs?: number } = {}) {
    super(message, options);
    this.retryAfterMs = options.retryAfterMs ?? 1000;
  }
}

/** Nobody is signed in, or the sign-in is no longer good. */
export class Unauthenticated extends Error {
  override readonly name = 'Unauthenticated';
  constructor(
    message: string,
    readonly code = 'session.missing',
  ) {
    super(message);
  }
}

/** Somebody is signed in but may not do this. */
export class Forbidden extends Error {
  override readonly name = 'Forbidden';
  constructor(
    message: string,
    readonly code = 'access.forbidden',
  ) {
    super(message);
  }
}
