/** What an API token opens: a cloud, and what that cloud offers. One place knows which adapter speaks to which kind. */
import type { CloudKind } from '@citrus/contracts';
import { createCallBudget, type CallBudget } from './call-budget.ts';
import type { CloudOffers } from './cloud-offers.ts';
import { DigitalOcean } from './digitalocean.adapter.ts';
import { DigitalOceanOffers } from './digitalocean.offers.ts';
import { Hetzner } from './hetzner.adapter.ts';
import { HetznerOffers } from './hetzner.offers.ts';
import type { CloudProvider } from './provider.port.ts';

export type Account = {
  readonly kind: CloudKind;
  /** Null: the cloud's own public address. */
  readonly baseUrl: string | null;
  readonly token: string;
  /** An answer was 401: the cloud does not accept the token. */
  readonly onUnauthorized?: () => void;
};
export type OpenAccount = {
  readonly cloud: CloudProvider;
  readonly offers: () => Promise<CloudOffers>;
  /** Calls that are under way get their answers. */
  close(): Promise<void>;
};
export type AccountOpener = (account: Account) => OpenAccount;

export type AccountOptions = {
  readonly createTimeoutMs: number;
  /** The budget that all who use this token share. */
  readonly budgetOf: (url: string, token: string) => CallBudget;
};

export const PUBLIC_URLS: Record<CloudKind, string> = { digitalocean: 'https://api.digitalocean.com', hetzner: 'https://api.hetzner.cloud' };

/** Every answer passes the budget, whatever was asked, so this is where a refused token is seen. */
const watched = (budget: CallBudget, onUnauthorized: () => void): CallBudget => ({
  take: (priority) => budget.take(priority),
  learn: (status, header) => {
    if (status === 401) onUnauthorized();
    return budget.learn(status, header);
  },
});

type Closable = { close(): Promise<void> };
type Options = { readonly url: string; readonly token: string; readonly createTimeoutMs: number; readonly budget: CallBudget };

const ADAPTERS: Record<CloudKind, (options: Options) => { readonly cloud: CloudProvider & Closable; readonly offers: Closable & { read(): Promise<CloudOffers> } }> = {
  digitalocean: (options) => ({ cloud: new DigitalOcean(options), offers: new DigitalOceanOffers(options) }),
  hetzner: (options) => ({ cloud: new Hetzner(options), offers: new HetznerOffers(options) }),
};

export const createAccountOpener = ({ createTimeoutMs, budgetOf }: AccountOptions): AccountOpener => ({ kind, baseUrl, token, onUnauthorized }) => {
  const url = baseUrl ?? PUBLIC_URLS[kind];
  const budget = budgetOf(url, token);
  const { cloud, offers } = ADAPTERS[kind]({ url, token, createTimeoutMs, budget: onUnauthorized ? watched(budget, onUnauthorized) : budget });
  return { cloud, offers: () => offers.read(), close: async () => void (await Promise.all([cloud.close(), offers.close()])) };
};

/** For the one or two calls of a test, which a closed account must not keep from being made. */
export const budgetOfTest = (): CallBudget => createCallBudget({ perSecond: 2, burst: 8, now: Date.now });
