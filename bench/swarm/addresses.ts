/**
 * Every agent of a swarm calls the hub from an address of its own, as servers do: the hub brakes each address, and a
 * thousand servers are no attack. The droplets of the `none` driver have 198.18.0.0/15, which no computer has; their
 * calls leave from the same place in 127.0.0.0/8.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { Agent, fetch as fetchWith, type Dispatcher } from 'undici';

const current = new AsyncLocalStorage<Dispatcher>();

const loopbackOf = (address: string): string => `127.${address.split('.').slice(1).join('.')}`;

/** Everything that `work` fetches, now or later, comes from the droplet's address. */
export const callingFrom = <Result>(address: string, work: () => Result): Result =>
  current.run(new Agent({ connections: 2, keepAliveTimeout: 1000, localAddress: loopbackOf(address) }), work);

/** The agent's code knows one way to call the hub, the global fetch; it is replaced for the whole process. */
export const installFetch = (): void => {
  const fetchFromHere: unknown = (url: string, init: object = {}) => {
    const dispatcher = current.getStore();
    return fetchWith(url, dispatcher ? { ...init, dispatcher } : init);
  };
  globalThis.fetch = fetchFromHere as typeof fetch;
};
