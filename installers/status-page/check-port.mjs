// check-port.mjs <address> <port>: whether a program could listen there; says why not.
import { createServer } from 'node:net';

const [address, port] = process.argv.slice(2);
const server = createServer();
server.on('error', (error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
});
server.listen(Number(port), address, () => server.close());
