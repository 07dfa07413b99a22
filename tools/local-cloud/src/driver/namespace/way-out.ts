import { startAptProxy } from './apt-proxy.ts';
import { startDnsRelay } from './dns-relay.ts';
import { type Forwarder } from './forwarder.ts';
import { hostNameServers } from './name-servers.ts';
import { type Network } from './network.ts';

/** How droplets reach the world: address translation, or, where the kernel has none, a proxy for their packages. */
export type WayOut = { nameServers: string[]; aptProxy?: string; services: Forwarder[] };

export const openWayOut = async (network: Network, log: (message: string) => void): Promise<WayOut> => {
  try {
    await network.translate();
  } catch (error) {
    log(`Droplets have no address translation (${(error as Error).message}); their packages come through a proxy on the bridge, other addresses outside are out of reach`);
    const proxy = await startAptProxy(network.gateway);
    return { nameServers: [], aptProxy: proxy.url, services: [proxy] };
  }
  const { reachable, onLoopback } = hostNameServers();
  const [stub] = onLoopback;
  if (reachable.length > 0 || stub === undefined) return { nameServers: reachable, services: [] };
  return { nameServers: [network.gateway], services: [await startDnsRelay(network.gateway, stub)] };
};
