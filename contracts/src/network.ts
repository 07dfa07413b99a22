/**
 * Whom an address stands for when attempts are counted. One customer has 2^64 addresses of IPv6, so those count by their
 * first 64 bits; IPv4 written as IPv6 is IPv4. What is no address counts as it is.
 */
const IPV4 = /^\d{1,3}(\.\d{1,3}){3}$/;
const GROUP = /^[0-9a-f]{1,4}$/;

/** `…:192.0.2.1` → `…:c000:201`. */
const withoutDots = (text: string): string => {
  const tail = text.slice(text.lastIndexOf(':') + 1);
  if (!IPV4.test(tail)) return text;
  const [a = 0, b = 0, c = 0, d = 0] = tail.split('.').map(Number);
  return `${text.slice(0, -tail.length)}${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
};

const groupsOf = (text: string): number[] | undefined => {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const [head = [], tail = []] = halves.map((half) => (half === '' ? [] : half.split(':')));
  const missing = 8 - head.length - tail.length;
  const groups = halves.length === 2 ? [...head, ...Array.from({ length: Math.max(0, missing) }, () => '0'), ...tail] : head;
  return groups.length === 8 && groups.every((group) => GROUP.test(group)) ? groups.map((group) => Number.parseInt(group, 16)) : undefined;
};

export const networkOf = (address: string): string => {
  const text = (address.trim().toLowerCase().split('%', 1)[0] ?? '').replace(/^\[|\]$/g, '');
  if (!text.includes(':')) return text;
  const groups = groupsOf(withoutDots(text));
  if (!groups) return text;
  const [, , , , , mark = 0, high = 0, low = 0] = groups;
  if (mark === 0xff_ff && groups.slice(0, 5).every((group) => group === 0)) return [high >> 8, high & 255, low >> 8, low & 255].join('.');
  return `${groups.slice(0, 4).map((group) => group.toString(16)).join(':')}::/64`;
};
