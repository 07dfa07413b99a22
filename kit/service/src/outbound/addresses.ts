/**
 * Which addresses may be called because a person entered them: public ones, and what the operator lists. Everything that
 * only this machine or its network can reach is refused, whatever it is good for: loopback, private and shared networks,
 * link-local (where clouds answer questions about the machine), multicast, and what is reserved or translated into
 * another address on the way.
 */
import { BlockList, isIP } from 'node:net';

export type Subnet = { readonly address: string; readonly prefix: number; readonly family: 'ipv4' | 'ipv6' };

const NOT_PUBLIC_4 = [
  '0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24', '192.0.2.0/24', '192.88.99.0/24',
  '192.168.0.0/16', '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24', '224.0.0.0/4', '240.0.0.0/4',
  // A public address that answers machines of one cloud about themselves.
  '168.63.129.16/32',
];
/** Of IPv6 only this is given to the public … */
const PUBLIC_6 = '2000::/3';
/** … without protocols of the IETF (Teredo among them), examples, and 6to4, which is an IPv4 address in disguise. */
const NOT_PUBLIC_6 = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'];

/** `10.0.0.0/8`, `fd00::/8`, or one address. @throws RangeError */
export const parseSubnet = (text: string): Subnet => {
  const [address = '', length, rest] = text.split('/');
  const version = isIP(address);
  const most = version === 4 ? 32 : 128;
  const prefix = length === undefined ? most : /^\d{1,3}$/.test(length) ? Number(length) : NaN;
  if (version === 0 || rest !== undefined || address.includes('%') || !(prefix >= 0 && prefix <= most)) throw new RangeError(`"${text}" is no network; write it as in 10.1.0.0/16 or fd00::/8`);
  return { address, prefix, family: version === 4 ? 'ipv4' : 'ipv6' };
};

const listOf = (subnets: readonly Subnet[]): BlockList => {
  const list = new BlockList();
  for (const { address, prefix, family } of subnets) list.addSubnet(address, prefix, family);
  return list;
};
const notPublic4 = listOf(NOT_PUBLIC_4.map(parseSubnet));
const public6 = listOf([parseSubnet(PUBLIC_6)]);
const notPublic6 = listOf(NOT_PUBLIC_6.map(parseSubnet));

/** Only a literal address is public or not; a name has to be resolved first. */
export const isPublicAddress = (address: string): boolean => {
  switch (isIP(address)) {
    case 4: return !notPublic4.check(address, 'ipv4');
    case 6: return public6.check(address, 'ipv6') && !notPublic6.check(address, 'ipv6');
    default: return false;
  }
};

/** Public addresses, and those of the networks that the operator lists. */
export const createAddressRule = (allowed: readonly Subnet[]): ((address: string) => boolean) => {
  const list = listOf(allowed);
  return (address) => isPublicAddress(address) || (isIP(address) !== 0 && list.check(address, isIP(address) === 4 ? 'ipv4' : 'ipv6'));
};
