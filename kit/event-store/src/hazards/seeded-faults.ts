/** A guard each, in words, and what the source looks like without it. A spec that stays green then guards nothing. */
export type SeededFault = {
  readonly name: string;
  /** What the guard is for. */
  readonly guard: string;
  /** From the root of the repository. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
  /** What must go red: a spec file from the root, and its test's full name. */
  readonly spec: string;
  readonly test: string;
};

export const SEEDED_FAULTS: readonly SeededFault[] = [];
