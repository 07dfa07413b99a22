// serve.mjs <folder> <address> <port>: serves the one page of the folder, read at every request.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';

const [folder, address, port] = process.argv.slice(2);

const server = createServer(async (request, response) => {
  const { pathname } = new URL(request.url ?? '/', 'http://site');
  if (request.method !== 'GET' && request.method !== 'HEAD') return response.writeHead(405, { allow: 'GET, HEAD' }).end();
  if (pathname !== '/' && pathname !== '/index.html') return response.writeHead(404, { 'content-type': 'text/plain' }).end('There is no such page.\n');
  try {
    const page = await readFile(join(folder, 'index.html'));
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'" });
    response.end(request.method === 'HEAD' ? undefined : page);
  } catch {
    response.writeHead(503, { 'content-type': 'text/plain' }).end('The page cannot be read now.\n');
  }
});
server.on('error', (error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
});
server.listen(Number(port), address);
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => process.exit(0));
