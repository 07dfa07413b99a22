// serve.mjs <settings.json> <address> <port>: asks the watched address again and again, and shows how it stands.
import { scryptSync, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

const [file, address, port] = process.argv.slice(2);
const { url, title, everySeconds, password } = JSON.parse(readFileSync(file, 'utf8'));
const escape = (text) => text.replace(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`);
const LONGEST_WAIT_MS = 10_000;

let last = { isUp: undefined, said: 'not asked yet', since: new Date().toISOString() };

const look = async () => {
  const began = performance.now();
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(LONGEST_WAIT_MS), redirect: 'manual' });
    await response.body?.cancel();
    return { isUp: response.status < 400, said: `${response.status} in ${Math.round(performance.now() - began)} ms` };
  } catch (error) {
    return { isUp: false, said: error.cause?.code ?? error.name };
  }
};

const watch = async () => {
  const now = await look();
  last = { ...now, since: now.isUp === last.isUp ? last.since : new Date().toISOString() };
  setTimeout(watch, everySeconds * 1000);
};
void watch();

const isAllowed = (header = '') => {
  if (!password) return true;
  const given = Buffer.from(header.replace(/^Basic /, ''), 'base64').toString('utf8');
  const hash = scryptSync(given.slice(given.indexOf(':') + 1, given.indexOf(':') + 201), Buffer.from(password.salt, 'base64'), 32);
  return given.startsWith('status:') && timingSafeEqual(hash, Buffer.from(password.hash, 'base64'));
};

const page = () => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="30">
<title>${escape(title)}</title>
<style>body { font: 1.1rem/1.5 system-ui, sans-serif; max-width: 40rem; margin: 15vh auto; padding: 0 1rem }</style>
<h1>${escape(title)}</h1>
<p><strong>${last.isUp === undefined ? 'Not asked yet' : last.isUp ? 'Up' : 'Down'}</strong> since ${last.since}</p>
<p>${escape(url)}: ${escape(last.said)}</p>
</html>
`;

const server = createServer((request, response) => {
  const { pathname } = new URL(request.url ?? '/', 'http://page');
  if (request.method !== 'GET' && request.method !== 'HEAD') return response.writeHead(405, { allow: 'GET, HEAD' }).end();
  if (pathname === '/health') return response.writeHead(200, { 'content-type': 'text/plain' }).end('up\n');
  if (pathname !== '/') return response.writeHead(404, { 'content-type': 'text/plain' }).end('There is no such page.\n');
  if (!isAllowed(request.headers.authorization)) return response.writeHead(401, { 'www-authenticate': 'Basic realm="status", charset="UTF-8"', 'content-type': 'text/plain' }).end('This page has a password.\n');
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store', 'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'" });
  response.end(request.method === 'HEAD' ? undefined : page());
});
server.on('error', (error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
});
server.listen(Number(port), address);
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => process.exit(0));
