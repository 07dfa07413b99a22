import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createAddressRule, isPublicAddress, parseSubnet } from './addresses.ts';
import { createOutbound, outboundConfig } from './outbound.ts';
import type { Address, Resolve } from './resolve.ts';
import { parseTarget } from './target.ts';

const strict = { allow: [], allowHttp: true };
const never: Resolve = async (host) => { throw new Error(`${host} was looked up`); };
const refused = { code: 'address.not_allowed' };

const octet = fc.integer({ min: 0, max: 255 });
/** Bytes of addresses that only this machine or its network reaches. */
const privateBytes = fc.oneof(
  ...[[127], [10], [0], [169, 254], [192, 168], [100, 64], [172, 16], [172, 31], [198, 18], [224], [255], [192, 0, 2]].map((head) => fc.tuple(octet, octet, octet, octet).map((rest) => [...head, ...rest].slice(0, 4))),
  fc.constantFrom([169, 254, 169, 254], [168, 63, 129, 16], [100, 100, 100, 200], [127, 0, 0, 1], [0, 0, 0, 0]),
);
const numberOf = (bytes: readonly number[]): number => bytes.reduce((sum, byte) => sum * 256 + byte, 0);
const hex = (value: number, digits = 0): string => value.toString(16).padStart(digits, '0');
const groups = ([a = 0, b = 0, c = 0, d = 0]: readonly number[]): string => `${hex(a * 256 + b)}:${hex(c * 256 + d)}`;
const wide = (text: string): string => text.replaceAll(/\d/g, (digit) => String.fromCodePoint(0xff10 + Number(digit))).replaceAll('.', '。');

/** Every way to write four bytes that a URL parser, a resolver or a person has been known to take. */
const NOTATIONS: ((bytes: readonly number[]) => string)[] = [
  (bytes) => bytes.join('.'),
  (bytes) => `${bytes.join('.')}.`,
  (bytes) => String(numberOf(bytes)),
  (bytes) => `0x${hex(numberOf(bytes))}`,
  (bytes) => `0${numberOf(bytes).toString(8)}`,
  (bytes) => bytes.map((byte) => `0x${hex(byte)}`).join('.'),
  (bytes) => bytes.map((byte) => `0${byte.toString(8)}`).join('.'),
  ([a = 0, ...rest]) => `${a}.${numberOf(rest)}`,
  ([a = 0, b = 0, ...rest]) => `${a}.${b}.${numberOf(rest)}`,
  (bytes) => wide(bytes.join('.')),
  (bytes) => bytes.join('%2e'),
  (bytes) => `[::ffff:${bytes.join('.')}]`,
  (bytes) => `[::ffff:${groups(bytes)}]`,
  (bytes) => `[::${groups(bytes)}]`,
  (bytes) => `[64:ff9b::${bytes.join('.')}]`,
  (bytes) => `[64:ff9b:1::${groups(bytes)}]`,
  (bytes) => `[2002:${groups(bytes)}::1]`,
  (bytes) => `[2001:0:4136:e378:8000:63bf:${groups(bytes.map((byte) => 255 - byte))}]`,
  (bytes) => `[0:0:0:0:0:ffff:${groups(bytes)}]`,
];

describe('an address that is not public', () => {
  test('T875. is refused in every notation, and nobody is asked about it', async () => {
    const outbound = createOutbound(strict, { resolve: never });
    await fc.assert(fc.asyncProperty(privateBytes, fc.constantFrom(...NOTATIONS), fc.constantFrom('http', 'https', 'HTTPS'), fc.constantFrom('', ':80', ':22'), async (bytes, write, scheme, port) => {
      const url = `${scheme}://${write(bytes)}${port}/hook`;
      await expect(outbound.check(url), url).rejects.toMatchObject(refused);
      expect(await outbound.post(url, { headers: {}, body: Buffer.from('{}') }), url).toMatchObject({ kind: 'failed', ...refused });
    }), { numRuns: 400 });
  });

  test.each([
    'https://[::1]/', 'https://[::]/', 'https://[fe80::1]/', 'https://[fc00::1]/', 'https://[fd00:ec2::254]/', 'https://[ff02::1]/', 'https://[fec0::1]/', 'https://[2001:db8::1]/', 'https://[3fff::1]/', 'https://[100::1]/',
    'https://public.example@127.0.0.1/', 'https://public.example:443@10.0.0.1/', 'https://user:word@public.example/', 'https://127.0.0.1#@public.example/',
    'ftp://public.example/', 'file:///etc/passwd', 'javascript:alert(1)', 'gopher://127.0.0.1/', 'data:,x', 'https://', 'https:///', '//public.example', 'public.example', '',
    'https://public.example/\r\nHost: internal', 'https://public.example/\u0000', ' https://public.example/', 'https://public.example/a b', 'https://pub\tlic.example/', `https://public.example/${'a'.repeat(3000)}`,
  ])('%j is refused', async (url) => {
    await expect(createOutbound(strict, { resolve: async (host) => (host === 'public.example' ? [{ address: '93.184.215.14', family: 4 }] : await never(host)) }).check(url)).rejects.toMatchObject(refused);
  });

  test.each(['https://localhost/', 'https://LOCALHOST./', 'https://a.localhost/'])('%s is refused, and no name server is asked', async (url) => {
    await expect(createOutbound(strict).check(url)).rejects.toMatchObject(refused);
  });

  test('is refused behind a name, also when another address of it is public', async () => {
    const told = async (...addresses: string[]) => await createOutbound(strict, { resolve: async () => addresses.map((address): Address => ({ address, family: address.includes(':') ? 6 : 4 })) }).check('https://hooks.example/');
    await expect(told('10.0.0.1')).rejects.toMatchObject(refused);
    await expect(told('93.184.215.14', '127.0.0.1')).rejects.toMatchObject(refused);
    await expect(told('93.184.215.14', 'fd00::1')).rejects.toMatchObject(refused);
    await expect(told('fe80::1%eth0')).rejects.toMatchObject(refused);
    await expect(told('not an address')).rejects.toMatchObject(refused);
    await expect(told()).rejects.toMatchObject(refused);
    expect(await told('93.184.215.14', '2606:2800:21f:cb07:6820:80da:af6b:8b2c')).toBe('https://hooks.example/');
  });

  test('is called when the operator lists its network, and no other is', () => {
    const isAllowed = createAddressRule(['10.1.0.0/16', 'fd00:1::/32', '127.0.0.1'].map(parseSubnet));
    expect(['10.1.2.3', 'fd00:1::5', '127.0.0.1', '8.8.8.8'].map(isAllowed)).toEqual([true, true, true, true]);
    expect(['10.2.0.1', 'fd00:2::5', '127.0.0.2', '::1', 'x', ''].map(isAllowed)).toEqual([false, false, false, false, false, false]);
  });
});

test('public addresses are public', () => {
  expect(['1.1.1.1', '93.184.215.14', '172.32.0.1', '100.128.0.1', '2606:4700::1111', '2a00:1450::1'].filter((address) => !isPublicAddress(address))).toEqual([]);
});

test('what is not encrypted needs the operator’s word', () => {
  expect(() => parseTarget('http://public.example/', { allowHttp: false })).toThrow(/not encrypted/);
  expect(parseTarget('http://public.example/a?b=c#d', { allowHttp: true })).toMatchObject({ host: 'public.example', port: 80, isTls: false });
});

test('networks are read from a setting, and what is none is told', () => {
  expect(outboundConfig.CITRUS_OUTBOUND_ALLOW.parse('10.0.0.0/8, fd00::/8 127.0.0.1')).toHaveLength(3);
  for (const text of ['10.0.0.0/33', '10.0.0', 'fd00::/129', '10.0.0.0/8/8', 'internal', '10.0.0.0/', 'fe80::1%1/64']) expect(() => outboundConfig.CITRUS_OUTBOUND_ALLOW.parse(text), text).toThrow(/is no network/);
});
