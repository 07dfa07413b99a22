/** From a host to the addresses that are called: asked once, and every one of them checked. */
import { Resolver } from 'node:dns/promises';
import { isIP } from 'node:net';
import { Unavailable } from '@citrus/kit-domain';
import { isLiteral, refusedAddress, type Target } from './target.ts';

export type Address = { readonly address: string; readonly family: number };
export type Resolve = (host: string) => Promise<readonly Address[]>;

const UNKNOWN_NAME = new Set(['ENOTFOUND', 'ENODATA', 'EBADNAME']);
const LOOPBACK: readonly Address[] = [{ address: '127.0.0.1', family: 4 }, { address: '::1', family: 6 }];

/**
 * Asks the name servers, not the system: its look-ups share four threads with all files of the process, so a few slow
 * names would stop everything; and it would try the network's own domains behind a name that was entered.
 */
export const resolveWithNameServers = (resolver = new Resolver({ timeout: 2000, tries: 2 })): Resolve => async (host) => {
  // By RFC 6761 a name server need not be asked for it, and many answer nothing.
  if (/(^|\.)localhost\.?$/.test(host)) return LOOPBACK;
  const [four, six] = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)]);
  const found = [...(four.status === 'fulfilled' ? four.value.map((address) => ({ address, family: 4 })) : []), ...(six.status === 'fulfilled' ? six.value.map((address) => ({ address, family: 6 })) : [])];
  if (found.length > 0) return found;
  const reasons = [four, six].flatMap((result) => (result.status === 'rejected' ? [result.reason as { code?: string }] : []));
  // Only when both kinds of address are known not to be there is the name unknown.
  throw reasons.find(({ code }) => code === undefined || !UNKNOWN_NAME.has(code)) ?? reasons[0] ?? new Error('the name servers gave no address');
};

const ADVICE = 'Use an address that the public internet reaches, or ask the operator of this installation (CITRUS_OUTBOUND_ALLOW).';

const addressesOf = async (target: Target, resolve: Resolve): Promise<readonly Address[]> => {
  if (isLiteral(target)) return [{ address: target.host, family: isIP(target.host) }];
  try {
    return await resolve(target.host);
  } catch (cause) {
    const { code } = cause as { code?: string };
    if (code !== undefined && UNKNOWN_NAME.has(code)) throw refusedAddress('has a name that nobody knows', 'Look at its spelling, and whether its name is in the DNS.');
    throw new Unavailable('The name of this address could not be looked up just now. Try again later.', { cause });
  }
};

/** One forbidden address among many is enough: a name that points at us is no mistake of ours to sort out. @throws Refusal or Unavailable */
export const checkedAddresses = async (target: Target, parts: { readonly resolve: Resolve; readonly isAllowed: (address: string) => boolean }): Promise<readonly Address[]> => {
  const addresses = await addressesOf(target, parts.resolve);
  if (addresses.length === 0) throw refusedAddress('has a name without an address', 'Look at its spelling, and whether its name is in the DNS.');
  // Which one it was is not told: whoever asks would learn about names that only this network knows.
  if (addresses.some(({ address }) => !parts.isAllowed(address))) throw refusedAddress('is of a network that is not public', ADVICE);
  return addresses;
};
