import { createHash } from 'node:crypto';
import { createServer } from 'node:net';

/** One local cloud a folder: an abstract socket named after it, which the kernel frees when its holder dies. */
export const lockFolder = (dir: string): Promise<() => Promise<void>> =>
  new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(error.code === 'EADDRINUSE' ? new Error(`Another local cloud uses ${dir}`) : error);
    });
    server.listen(`\0citrus-local-cloud:${createHash('sha256').update(dir).digest('hex')}`, () => {
      server.unref();
      resolve(() => new Promise((done) => server.close(() => done())));
    });
  });
