import { createHash, randomUUID } from 'node:crypto';

/** The root of all our name-based ids; any fixed uuid would do, but it must never change. */
const CITRUS_NAMESPACE = '3f1c7a52-9d0e-5b64-8c1a-6e2f4b7d9a10';

const bytesOf = (uuid: string): Buffer => Buffer.from(uuid.replaceAll('-', ''), 'hex');

const format = (bytes: Buffer, version: number): string => {
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | (version << 4);
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString('hex', 0, 16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
};

const v5 = (namespace: string, name: string): string => format(createHash('sha1').update(bytesOf(namespace)).update(name).digest().subarray(0, 16), 5);

/** The same uuid for the same two texts, for command ids: `uuidFrom('feed:agents', event.id)` makes a redelivery a duplicate. */
export const uuidFrom = (namespaceText: string, name: string): string => v5(v5(CITRUS_NAMESPACE, namespaceText), name);

const MILLISECONDS_DIGITS = 12;
/** Where a random uuid's version ends and what is random goes on. */
const AFTER_VERSION = 15;

/** A uuid v7: ids made later sort later, to the millisecond. `randomUUID` keeps random bytes in stock, which asking for 16 at a time does not. */
export const newId = (): string => {
  const time = Date.now().toString(16).padStart(MILLISECONDS_DIGITS, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(AFTER_VERSION)}`;
};
