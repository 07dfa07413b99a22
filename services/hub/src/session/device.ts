import { randomBytes } from 'node:crypto';

/** A new name for a browser. */
export const newDevice = (): string => randomBytes(32).toString('base64url');
