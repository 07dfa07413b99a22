import { startAptProxy } from './apt-proxy.ts';
import { startDnsRelay } from './dns-relay.ts';
import { type Forwarder } from './forwarder.ts';
import { hostNameServers } from './name-servers.ts';
import { startMetadata } from './metadata.ts';
import { type Network } from './network.ts';
import { type Machine } from '../driver.port.ts';

/** How droplets reach the world: address translation, or, where the kernel has none, a proxy for their packages. */
export type WayOut = { nameServers: string[]; aptProxy?: string; services: Forwarder[] };

/** @param machineAt which droplet has this address */
export const openWayOut = async (network: Network, log: (message: string) => void, machineAt: (address: string) => Machine | undefined): Promise<WayOut> => {
  try {
    await network.translate();
  } catch (error) {
    log(`Droplets have no address translation (${(error as Error).message}); their packages come through a proxy on the bridge, other addresses outside are out of reach, also that of the metadata`);
    const proxy = await startAptProxy(network.gateway);
    return { nameServers: [], aptProxy: proxy.url, services: [proxy] };
  }
  const metadata = await startMetadata(network.gateway, machineAt);
  await network.bringMetadata(metadata.port);
  const { reachable, onLoopback } = hostNameServers();
  const [stub] = onLoopback;
  if (reachable.length > 0 || stub === undefined) return { nameServers: reachable, services: [metadata] };
  return { nameServers: [network.gateway], services: [metadata, await startDnsRelay(network.gateway, stub)] };
};
