/**
 * How many calls one cloud credential may still make, told to whoever makes them: one account for all replicas. Nobody
 * is let through because he holds something: each call is taken for itself, so a process that dies holds nothing up.
 */

/**
 * Who waits for the call, the most urgent first: what somebody asked for (creates, deletes, actions), the watching of
 * what is under way, and the comparison of the whole fleet.
 */
export type Urgency = 'person' | 'poll' | 'reconcile';

export type Refused = {
  readonly isGranted: false;
  /** Not before; the cloud's limits may still be used up then. */
  readonly retryAfterMs: number;
  /** `unauthorized`: the cloud refuses the credential, so nothing is sent for a while. */
  readonly cause: 'limit' | 'unauthorized';
};
export type Turn = { readonly isGranted: true } | Refused;

export type Header = (name: string) => string | undefined;

export interface CallBudget {
  /** Takes one call; waits for its turn as long as `patienceMs`. Throws `Unavailable` when the account cannot be read. */
  take(urgency: Urgency, patienceMs: number): Promise<Turn>;
  /** What an answer says about the budget: 429, 401, and the headers of the limits. Never throws. */
  learn(status: number, header: Header): void;
}
