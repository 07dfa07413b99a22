/** How the command ends when it cannot do what was asked: what happened and why, what to do about it, and a number for scripts. */

export const EXIT = { ok: 0, failed: 1, usage: 2, signedOut: 3, unavailable: 4, found: 5, interrupted: 130 } as const;
export type Exit = (typeof EXIT)[keyof typeof EXIT];

/** What each number means, as `--help` says it. */
export const EXIT_MEANINGS = `Exit codes:
  0    done
  1    it failed or was refused
  2    the command line is wrong
  3    not signed in
  4    Citrus cannot be reached or is not ready; try again later
  5    verify, rebuild --verify, reconcile or installers plan found something
  130  stopped by Ctrl-C`;

export type FailureDetails = { readonly exit: Exit; readonly code: string; readonly advice: string; readonly cause?: unknown };

/** Expected, and told to the person without a stack; anything else that is thrown is a bug of ours. */
export class CliFailure extends Error {
  override readonly name = 'CliFailure';
  readonly exit: Exit;
  /** `noun.reason`, for programs. */
  readonly code: string;
  readonly advice: string;

  constructor(message: string, { exit, code, advice, cause }: FailureDetails) {
    super(message, { cause });
    this.exit = exit;
    this.code = code;
    this.advice = advice;
  }
}

export const usageFailure = (message: string, advice: string): CliFailure => new CliFailure(message, { exit: EXIT.usage, code: 'usage.invalid', advice });
