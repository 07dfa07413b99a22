import { createSocket } from 'node:dgram';
import { type Forwarder } from './forwarder.ts';

/** Where the host's only name server listens on the host's loopback (a stub resolver), droplets ask it through the bridge. */
export const startDnsRelay = async (host: string, nameServer: string): Promise<Forwarder> => {
  const server = createSocket('udp4');
  server.on('message', (question, asker) => {
    const upstream = createSocket('udp4');
    const done = () => {
      clearTimeout(patience);
      upstream.close();
    };
    const patience = setTimeout(done, 5000);
    upstream.on('error', done).on('message', (answer) => {
      server.send(answer, asker.port, asker.address);
      done();
    });
    upstream.send(question, 53, nameServer);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.bind(53, host, resolve);
  });
  return { close: () => new Promise((resolve) => server.close(resolve)) };
};
