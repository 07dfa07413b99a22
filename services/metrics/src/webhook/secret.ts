/** Signing secrets and signatures, by the convention of Standard Webhooks (https://www.standardwebhooks.com): version 1, HMAC-SHA256. */
import { createHmac, randomBytes } from 'node:crypto';

const PREFIX = 'whsec_';

export const newSecret = (): string => `${PREFIX}${randomBytes(32).toString('base64')}`;

export type Signed = { readonly id: string; /** Seconds since 1970. */ readonly timestamp: number; readonly body: string };

/** One signature for each secret; the receiver takes the message when one of them is right. */
export const signatureOf = ({ id, timestamp, body }: Signed, secrets: readonly string[]): string =>
  secrets.map((secret) => `v1,${createHmac('sha256', Buffer.from(secret.slice(PREFIX.length), 'base64')).update(`${id}.${timestamp}.${body}`).digest('base64')}`).join(' ');
