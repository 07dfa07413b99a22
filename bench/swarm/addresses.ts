/**
 * Every agent of a swarm calls the hub from an address of its own, as servers do: the hub brakes each address, and a
 * thousand servers are no attack. The droplets of the `none` driver have 198.18.0.0/15, which no computer has; their
 * calls leave from the same place in 127.0.0.0/8.
 */
import { leavingFrom } from '@citrus/agent/embedding';

const loopbackOf = (address: string): string => `127.${address.split('.').slice(1).join('.')}`;

/** Everything that `work` calls, now or later, comes from the droplet's address. */
export const callingFrom = <Result>(address: string, work: () => Result): Result => leavingFrom.run(loopbackOf(address), work);
