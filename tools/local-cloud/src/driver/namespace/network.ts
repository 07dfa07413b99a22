import { createServer, type Server } from 'node:net';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { type NetworkClaim } from '../driver.port.ts';
import { type Tool } from './tools.ts';

/**
 * The private network of one local cloud: a bridge 10.77.<block>.1/24 and address translation to the outside. Blocks are
 * claimed with an abstract socket, so two clouds on one computer never take the same; forwarding is switched on for the
 * two interfaces concerned only, and put back at the end.
 */
/** Without `nft` there is no translation, and the driver looks for another way out. */
export type Tools = { ip: Tool; nft: Tool | undefined };

const blocks = 254;
export const slotsPerNetwork = 250;

export const addressIn = (block: number, slot: number): string => `10.77.${block}.${slot + 2}`;
export const gatewayOf = (block: number): string => `10.77.${block}.1`;

/** @param driver whose containers or machines live in it: what another driver had is not taken over */
export const claimNetwork = async (remembered: NetworkClaim | null, driver: 'namespace' | 'docker'): Promise<{ block: number; release: () => Promise<void> }> => {
  const known = remembered?.driver === driver ? remembered.block : undefined;
  const first = known ?? Math.floor(Math.random() * blocks);
  for (let step = 0; step < blocks; step += 1) {
    const block = (first + step) % blocks;
    if (block !== known && isInUse(block)) continue;
    const server = await claim(block);
    if (server) return { block, release: () => new Promise((resolve) => server.close(() => resolve())) };
  }
  throw new Error('no free network 10.77.x.0/24 is left');
};

const claim = (block: number): Promise<Server | undefined> =>
  new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (error: NodeJS.ErrnoException) => (error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error)));
    server.listen(`\0citrus-local-cloud-network:${block}`, () => resolve(server.unref()));
  });

const isInUse = (block: number): boolean => {
  const addresses = Object.values(networkInterfaces()).flat().map((one) => one?.address ?? '');
  const hexNetwork = Buffer.from([0, block, 77, 10]).toString('hex').toUpperCase();
  const routes = readFileSync('/proc/net/route', 'utf8').split('\n').map((line) => line.split('\t')[1]);
  return addresses.some((address) => address.startsWith(`10.77.${block}.`)) || routes.includes(hexNetwork);
};

export class Network {
  readonly bridge: string;
  readonly gateway: string;
  readonly #block: number;
  readonly #table: string;
  readonly #tools: Tools;
  #translates = false;

  constructor(cloudKey: string, block: number, tools: Tools) {
    this.bridge = `cb-${cloudKey}`;
    this.#table = `citrus_${cloudKey}`;
    this.#block = block;
    this.gateway = gatewayOf(block);
    this.#tools = tools;
  }

  /** May find everything there already: the cloud was killed and its droplets still run. */
  async open(): Promise<void> {
    if (!(await this.#ip('-o', '-4', 'addr', 'show')).includes(` ${this.bridge} `)) {
      await this.#removeLink(this.bridge);
      await this.#ip('link', 'add', this.bridge, 'type', 'bridge');
      await this.#ip('addr', 'add', `${this.gateway}/24`, 'dev', this.bridge);
      await this.#ip('link', 'set', this.bridge, 'up');
    }
  }

  async close(): Promise<void> {
    await this.#removeLink(this.bridge);
    const { nft } = this.#tools;
    if (!nft || !this.#translates) return;
    await nft.run('delete', 'table', 'ip', this.#table);
    if (!(await nft.run('list', 'tables')).includes(' citrus_')) forgetForwarding();
  }

  /** A cable from the bridge into the network namespace of a process. It vanishes with that namespace. */
  async connect(address: string, pid: number): Promise<void> {
    const outside = `${this.bridge}-${address.split('.').at(-1)}`;
    const inside = (...parameters: string[]) => this.#tools.ip.runAt(pid, ...parameters);
    await this.#removeLink(outside);
    await this.#ip('link', 'add', outside, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', String(pid));
    await this.#ip('link', 'set', outside, 'master', this.bridge, 'up');
    await inside('link', 'set', 'lo', 'up');
    await inside('addr', 'add', `${address}/24`, 'dev', 'eth0');
    await inside('link', 'set', 'eth0', 'up');
    await inside('route', 'add', 'default', 'via', this.gateway);
    if (this.#translates) this.#forward(); // another cloud that closed at this moment may have switched it off
  }

  /** Lets droplets out under the host's address. */
  async translate(): Promise<void> {
    const { nft } = this.#tools;
    if (!nft) throw new Error('there is no nft here, nor a package to take it from');
    const network = `10.77.${this.#block}.0/24`;
    await nft.run('add', 'table', 'ip', this.#table);
    this.#translates = true;
    await nft.run('flush', 'table', 'ip', this.#table);
    await nft.run('add', 'chain', 'ip', this.#table, 'outgoing', '{ type nat hook postrouting priority 100 ; }');
    await nft.run('add', 'rule', 'ip', this.#table, 'outgoing', `ip saddr ${network} ip daddr != ${network} masquerade`);
    // Where this computer is a cloud's own machine, its metadata, often with credentials, lies there: none of a droplet's business.
    await nft.run('add', 'chain', 'ip', this.#table, 'crossing', '{ type filter hook forward priority 0 ; }');
    await nft.run('add', 'rule', 'ip', this.#table, 'crossing', `ip saddr ${network} ip daddr 169.254.0.0/16 drop`);
    this.#forward();
  }

  /** Droplets ask about themselves at the clouds' usual address; their questions come to a port of the gateway. */
  async bringMetadata(port: number): Promise<void> {
    const { nft } = this.#tools;
    if (!nft || !this.#translates) throw new Error('there is no address translation');
    await nft.run('add', 'chain', 'ip', this.#table, 'metadata', '{ type nat hook prerouting priority -100 ; }');
    await nft.run('add', 'rule', 'ip', this.#table, 'metadata', `iifname ${this.bridge} ip daddr 169.254.169.254 tcp dport 80 dnat to ${this.gateway}:${port}`);
  }

  #forward(): void {
    writeFileSync(forwardingOf(this.bridge), '1');
    const uplink = defaultInterface();
    if (uplink !== undefined) switchForwardingOn(uplink);
  }

  async #removeLink(name: string): Promise<void> {
    const links = await this.#ip('-o', 'link', 'show');
    if (new RegExp(`^\\d+: ${name}[@:]`, 'm').test(links)) await this.#ip('link', 'del', name);
  }

  #ip(...parameters: string[]): Promise<string> {
    return this.#tools.ip.run(...parameters);
  }
}

const forwardingOf = (device: string): string => `/proc/sys/net/ipv4/conf/${device}/forwarding`;

/** Interfaces that a local cloud made forward, so that the last one to leave puts them back. Gone with the next boot. */
const switchedOn = '/run/citrus-local-cloud';

const switchForwardingOn = (device: string): void => {
  if (readFileSync(forwardingOf(device), 'utf8').trim() === '1') return;
  mkdirSync(switchedOn, { recursive: true });
  writeFileSync(`${switchedOn}/${device}`, '');
  writeFileSync(forwardingOf(device), '1');
};

const forgetForwarding = (): void => {
  mkdirSync(switchedOn, { recursive: true });
  for (const device of readdirSync(switchedOn)) writeFileSync(forwardingOf(device), '0');
  rmSync(switchedOn, { recursive: true, force: true });
};

const defaultInterface = (): string | undefined =>
  readFileSync('/proc/net/route', 'utf8')
    .split('\n')
    .map((line) => line.split('\t'))
    .find(([, destination]) => destination === '00000000')?.[0];
