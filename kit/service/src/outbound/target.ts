/** What an address that somebody entered stands for, or why it cannot be called. Nothing is resolved here. */
import { isIP } from 'node:net';
import { Refusal } from '@citrus/kit-domain';

export type Target = {
  readonly url: URL;
  /** A name, or an address without brackets. */
  readonly host: string;
  readonly port: number;
  readonly isTls: boolean;
};

const LONGEST_URL = 2048;
// What a terminal or a log would obey, and blanks, which the URL parser takes out without a word.
const HAS_CONTROLS = /[\p{Cc}\s]/u;

export const refusedAddress = (message: string, advice: string): Refusal => new Refusal('address.not_allowed', `This address cannot be called: it ${message}. ${advice}`, [{ path: 'url', message }]);

const ASK_OPERATOR = 'Ask the operator of this installation (CITRUS_OUTBOUND_ALLOW_HTTP), or use https.';

/**
 * The parser makes one form of each of the many that an address can be written in (2130706433, 0x7f.1, 127.0.0.1.), so
 * what is checked is what is called. @throws Refusal
 */
export const parseTarget = (text: string, { allowHttp }: { readonly allowHttp: boolean }): Target => {
  const url = text.length <= LONGEST_URL && !HAS_CONTROLS.test(text) ? URL.parse(text) : null;
  if (!url) throw refusedAddress('is not a URL', `Write it as in https://hooks.example.com/citrus, without blanks and with at most ${LONGEST_URL} characters.`);
  const isTls = url.protocol === 'https:';
  if (!isTls && url.protocol !== 'http:') throw refusedAddress(`begins with ${url.protocol.slice(0, 20)}`, 'Use https.');
  if (!isTls && !allowHttp) throw refusedAddress('is not encrypted (http)', ASK_OPERATOR);
  if (url.username !== '' || url.password !== '') throw refusedAddress('has a user name or password in it', 'Leave them out: what is sent is signed, and the receiver checks the signature.');
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (host === '') throw refusedAddress('has no host', 'Write it as in https://hooks.example.com/citrus.');
  url.hash = '';
  return { url, host, port: url.port === '' ? (isTls ? 443 : 80) : Number(url.port), isTls };
};

export const isLiteral = ({ host }: Target): boolean => isIP(host) !== 0;
