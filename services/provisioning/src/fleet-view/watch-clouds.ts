/**
 * What stands between the process manager and every cloud: one budget a token, shared with the other replicas, and one
 * view of the fleet.
 */
import type { Kysely } from 'kysely';
import { openAccountStore } from '../budget/account.store.ts';
import { budgetIdOf, openSharedBudget, type SharedBudget } from '../budget/shared-budget.ts';
import type { ProvisioningDatabase } from '../database.ts';
import type { CloudProvider } from '../provider/provider.port.ts';
import { withFleetView, type Parked } from './fleet-view.ts';

export type CloudWatch = {
  /** For the HTTP client that uses this token at this address. */
  budgetFor(url: string, token: string): SharedBudget;
  /** The same cloud, asked once for many. */
  watch(cloud: CloudProvider, budget: SharedBudget): CloudProvider;
  /** Steps that wait for a listing, of all clouds. */
  readonly parked: Parked;
};

export type CloudWatchOptions = { readonly mostCallsPerHour?: number | undefined; readonly now?: () => number };

export const openCloudWatch = (db: Kysely<ProvisioningDatabase>, { mostCallsPerHour = Number.POSITIVE_INFINITY, now = Date.now }: CloudWatchOptions = {}): CloudWatch => {
  const store = openAccountStore(db);
  const parked: Parked = { count: 0 };
  return {
    budgetFor: (url, token) => openSharedBudget({ store, id: budgetIdOf(url, token), mostPerHour: mostCallsPerHour }),
    watch: (cloud, budget) => withFleetView(cloud, { now, parked, callsPerMinute: () => budget.callsPerMinute() }),
    parked,
  };
};
