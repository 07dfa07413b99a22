import { createHash } from 'node:crypto';
import { Digest } from '@citrus/contracts';

/** The content's own name. */
export const sha256Digest = (content: string | Uint8Array): Digest => Digest.parse(`sha256:${createHash('sha256').update(content).digest('hex')}`);
