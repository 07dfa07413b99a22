export type { Clock } from './clock.ts';
export { fold, type Decider, type SnapshotRule } from './decider.ts';
export { ContractViolation, Forbidden, NotFound, Refusal, Unauthenticated, Unavailable, type FieldProblem } from './errors.ts';
export { internalScope, isWithin, projectScope, type InternalScope, type ProjectScope, type Scope } from './scope.ts';
export { errorOf, HTTP_STATUS, problemOf, settlementFor, type Settlement } from './settlement.ts';
