/** What is kept of an address: a person's whole and sealed, a stranger's in part. */
import { createHmac } from 'node:crypto';
import { isIP, isIPv4 } from 'node:net';
import type { Actor } from '@citrus/contracts';
import { Refusal } from '@citrus/kit-domain';
import { places, type PersonalTexts } from '../subject/personal-text.ts';
import type { AuditedAddress } from './audit.events.ts';

const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/** The first three groups of an IPv6 address, however it was written. */
const prefixOf = (address: string): string => {
  const written = new URL(`http://[${address.replace(/%.*$/, '')}]`).hostname.slice(1, -1);
  const [left = '', right] = written.split('::');
  const groups = left === '' ? [] : left.split(':');
  const missing = right === undefined ? 0 : 8 - groups.length - (right === '' ? 0 : right.split(':').length);
  const all = [...groups, ...Array.from({ length: missing }, () => '0'), ...(right ? right.split(':') : [])];
  return all.slice(0, 3).join(':');
};

/** `203.0.113.7` → `203.0.113.0/24`, `2001:db8:1:2::3` → `2001:db8:1::/48`. What is no address says so. */
export const networkOf = (address: string): string => {
  const plain = MAPPED.exec(address)?.[1] ?? address;
  if (isIPv4(plain)) return `${plain.split('.').slice(0, 3).join('.')}.0/24`;
  return isIP(plain.replace(/%.*$/, '')) === 6 ? `${prefixOf(plain)}::/48` : 'not an address';
};

export type AddressKeeper = {
  keep(address: string, of: { readonly actor?: Actor | undefined; readonly entryId: string }): Promise<AuditedAddress | undefined>;
  /** To tell whether two came from the same place, whoever they said they were. */
  hashOf(address: string): string;
};

/** @param key for the hashes; with another one the same stranger looks like another stranger */
export const createAddressKeeper = (texts: PersonalTexts, key: Uint8Array): AddressKeeper => {
  const hashOf = (address: string) => createHmac('sha256', key).update(address).digest('base64url').slice(0, 22);
  const sealFor = async (userId: string, entryId: string, address: string): Promise<AuditedAddress | undefined> => {
    try {
      const sealed = await texts.seal(userId, places.audited(entryId), address);
      return 'sealed' in sealed ? sealed : undefined;
    } catch (error) {
      // Forgotten meanwhile: that it happened is kept, where from is not.
      if (error instanceof Refusal) return undefined;
      throw error;
    }
  };
  return {
    hashOf,
    keep: async (address, { actor, entryId }) => (actor?.kind === 'user' ? sealFor(actor.id, entryId, address) : { hash: hashOf(address), network: networkOf(address) }),
  };
};
