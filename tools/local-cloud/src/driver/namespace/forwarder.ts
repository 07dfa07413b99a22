import { connect, createServer, type Socket } from 'node:net';

/** Passes connections from the private bridge to a port on loopback, so that what droplets reach may stay on loopback. */
export type Forwarder = { close(): Promise<void> };

export const forwardPort = (host: string, port: number): Promise<Forwarder> => {
  const open = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (outside) => {
    const inside = connect({ host: '127.0.0.1', port, allowHalfOpen: true });
    const cut = () => {
      outside.destroy();
      inside.destroy();
      open.delete(outside);
    };
    open.add(outside);
    outside.on('error', cut).on('close', cut).pipe(inside);
    inside.on('error', cut).on('close', cut).pipe(outside);
  });
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      for (const socket of open) socket.destroy();
    });
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => reject(new Error(`${host}:${port} cannot be forwarded: ${cause.message}`, { cause })));
    server.listen({ host, port, exclusive: true }, () => resolve({ close }));
  });
};
