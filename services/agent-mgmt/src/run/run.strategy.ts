/** What a strategy comes to with so many servers; the waves themselves are shared with the panel. */
import { serversOfShare, type RunStrategy } from '@citrus/contracts';

export { waveEndsOf } from '@citrus/contracts';

export const allowedFailuresOf = ({ maxFailures }: RunStrategy, total: number): number => serversOfShare(maxFailures, total, Math.floor);
