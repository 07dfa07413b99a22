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
  /** For the HTTP client that uses this token at this address; one for all of them in this process. */
  readonly budgetFor: (url: string, token: string) => SharedBudget;
  /** The same cloud, asked once for many. */
  readonly watch: (cloud: CloudProvider, budget: SharedBudget) => CloudProvider;
  /** Steps that wait for a listing, of all clouds. */
  readonly parked: Parked;
};

export type CloudWatchOptions = { readonly mostCallsPerHour?: number | undefined; readonly now?: () => number };

export const openCloudWatch = (db: Kysely<ProvisioningDatabase>, { mostCallsPerHour = Number.POSITIVE_INFINITY, now = Date.now }: CloudWatchOptions = {}): CloudWatch => {
  const store = openAccountStore(db);
  const parked: Parked = { count: 0 };
  const budgets = new Map<string, SharedBudget>();
  const budgetFor: CloudWatch['budgetFor'] = (url, token) => {
    const id = budgetIdOf(url, token);
    const budget = budgets.get(id) ?? openSharedBudget({ store, id, mostPerHour: mostCallsPerHour });
    budgets.set(id, budget);
    return budget;
  };
  const watch: CloudWatch['watch'] = (cloud, budget) =>
    ({ ...withFleetView(cloud, { now, parked, callsPerMinute: () => budget.callsPerMinute() }), outlook: () => budget.outlook('change') });
  return { budgetFor, watch, parked };
};
