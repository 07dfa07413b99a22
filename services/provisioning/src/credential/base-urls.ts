/**
 * Where a project's credentials may send their calls: to their cloud's public address, and to what the operator of this
 * installation lists. A project's admin could else make this service call addresses that only it can reach.
 */
import { Refusal } from '@citrus/kit-domain';

const withoutSlash = (url: string): string => url.replace(/\/+$/, '');

export type BaseUrls = {
  readonly isAllowed: (baseUrl: string | null) => boolean;
  /** As it is kept. @throws Refusal */
  readonly checked: (baseUrl: string | undefined) => string | undefined;
};

/** Compared as a whole, letter by letter: there is nothing to be clever about in an address that is written down twice. */
export const createBaseUrls = (allowed: readonly string[]): BaseUrls => {
  const known = new Set(allowed.map(withoutSlash));
  const isAllowed = (baseUrl: string | null): boolean => baseUrl === null || known.has(baseUrl);
  return {
    isAllowed,
    checked: (baseUrl) => {
      if (baseUrl === undefined) return undefined;
      const url = withoutSlash(baseUrl);
      if (isAllowed(url)) return url;
      const advice = 'Leave it out for the cloud’s own address, or ask the operator of this installation to add it to CITRUS_CLOUD_BASE_URLS.';
      throw new Refusal('cloud.address_not_allowed', `Calls may not go to this address. ${advice}`, [{ path: 'baseUrl', message: 'is not among the addresses that the operator allows' }]);
    },
  };
};
