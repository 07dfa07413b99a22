/**
 * Everything thrown on purpose is one of these; `settlement.ts` alone decides what becomes of them. None knows HTTP or
 * NATS. Messages are shown to people: what happened, why, and what to do. Causes go to `cause`, never into the message.
 */

export type FieldProblem = { readonly path: string; readonly message: string };

/** The domain says no; expected and final. `code` is `noun.reason`. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly code: string;
  readonly fields: readonly FieldProblem[] | undefined;
  constructor(code: string, message: string, fields?: readonly FieldProblem[]) {
    super(message);
    this.code = code;
    this.fields = fields;
  }
}

/** What is asked for does not exist, or not for this caller: the answer is the same. */
export class NotFound extends Error {
  override readonly name = 'NotFound';
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** The message is not what `contracts` promised. */
export class ContractViolation extends Error {
  override readonly name = 'ContractViolation';
  readonly fields: readonly FieldProblem[] | undefined;
  constructor(message: string, fields?: readonly FieldProblem[], options?: ErrorOptions) {
    super(message, options);
    this.fields = fields;
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
  readonly code: string;
  constructor(message: string, code = 'session.missing') {
    super(message);
    this.code = code;
  }
}

/** Somebody is signed in but may not do this. */
export class Forbidden extends Error {
  override readonly name = 'Forbidden';
  readonly code: string;
  constructor(message: string, code = 'access.forbidden') {
    super(message);
    this.code = code;
  }
}
