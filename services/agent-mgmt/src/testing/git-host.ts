/** A git host by https, with a certificate of its own and a token that it asks for. For tests. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

type Host = { readonly directory: string; readonly projects: string; readonly token: string };

const certify = (directory: string): { key: string; cert: string } => {
  const [key, cert] = [join(directory, 'key.pem'), join(directory, 'cert.pem')];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-keyout', key, '-out', cert], { stdio: 'ignore' });
  return { key, cert };
};

/** What git's own program for web servers answers. */
const answer = (request: IncomingMessage, response: ServerResponse, projects: string): void => {
  const { pathname, search } = new URL(request.url ?? '/', 'https://localhost');
  const header = (name: string): string => String(request.headers[name] ?? '');
  const child = spawn('git', ['http-backend'], {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: {
      PATH: process.env['PATH'], HOME: '/nonexistent', GIT_PROJECT_ROOT: projects, GIT_HTTP_EXPORT_ALL: '1', PATH_INFO: pathname, QUERY_STRING: search.slice(1), REQUEST_METHOD: request.method,
      CONTENT_TYPE: header('content-type'), HTTP_CONTENT_ENCODING: header('content-encoding'), HTTP_GIT_PROTOCOL: header('git-protocol'), REMOTE_ADDR: '127.0.0.1',
    },
  });
  request.pipe(child.stdin);
  const pieces: Buffer[] = [];
  child.stdout.on('data', (piece: Buffer) => pieces.push(piece));
  child.on('close', () => {
    const all = Buffer.concat(pieces);
    const end = all.indexOf('\r\n\r\n');
    const headers = new Map(all.subarray(0, end).toString().split('\r\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]));
    response.statusCode = Number.parseInt(headers.get('Status') ?? '200', 10);
    headers.delete('Status');
    for (const [name, value] of headers) response.setHeader(name, value);
    response.end(all.subarray(end + 4));
  });
};

/** `/away` leads to where the repositories are. */
export const startGitHost = async ({ directory, projects, token }: Host): Promise<{ readonly url: string; readonly certificate: string; close(): Promise<void> }> => {
  const { key, cert } = certify(directory);
  const server: Server = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (request, response) => {
    if (request.headers.authorization !== `Basic ${Buffer.from(`x-access-token:${token}`).toString('base64')}`) return void response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end();
    if (request.url?.startsWith('/away/')) return void response.writeHead(302, { location: request.url.slice('/away'.length) }).end();
    answer(request, response, projects);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `https://localhost:${(server.address() as AddressInfo).port}`, certificate: cert,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
};
