/** A real OpenID provider on loopback, and a browser that goes through its pages. For tests. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Provider } from 'oidc-provider';

export const CLIENT = { id: 'citrus', secret: 'a secret that only the test and the provider know' };
export const REDIRECT_URI = 'http://citrus.test/api/auth/oidc/callback';

export type Known = { readonly email?: string; readonly email_verified?: boolean; /** How the person was recognised (RFC 8176). */ readonly amr?: readonly string[] };
export type TestProvider = {
  readonly issuer: string;
  /** Who there is at the provider, by the name that they type. */
  readonly people: Map<string, Known>;
  close(): Promise<void>;
};

export const startProvider = async (): Promise<TestProvider> => {
  const people = new Map<string, Known>();
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const provider = new Provider(issuer, {
    clients: [{ client_id: CLIENT.id, client_secret: CLIENT.secret, redirect_uris: [REDIRECT_URI], grant_types: ['authorization_code'], response_types: ['code'] }],
    claims: { openid: ['sub', 'amr'], email: ['email', 'email_verified'] },
    pkce: { required: () => true },
    cookies: { keys: ['keys of a test'] },
    findAccount: (_context, sub) => ({ accountId: sub, claims: async () => ({ sub, ...people.get(sub) }) }),
  });
  // The pages for developers ask for nothing but a name; how the person was recognised is added when they are through.
  provider.on('interaction.ended', ({ oidc: { session } }) => {
    const amr = people.get(session?.accountId ?? '')?.amr;
    if (session) session.amr = amr && [...amr];
  });
  server.on('request', (request, response) => void provider.callback()(request, response));
  return {
    issuer,
    people,
    close: () => new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    }),
  };
};

/** Follows redirects with its cookies, types the name where it is asked for, agrees to what it is asked; gives what the provider sends back. */
export const goThrough = async (start: string, login: string, { agrees = true } = {}): Promise<string> => {
  const cookies = new Map<string, string>();
  const visit = async (url: string, body?: Record<string, string>): Promise<Response> => {
    const response = await fetch(url, {
      redirect: 'manual', headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; '), ...(body && { 'content-type': 'application/x-www-form-urlencoded' }) },
      ...(body && { method: 'POST', body: new URLSearchParams(body).toString() }),
    });
    for (const cookie of response.headers.getSetCookie()) {
      const [name = '', value = ''] = (cookie.split(';')[0] ?? '').split(/=(.*)/s);
      cookies.set(name, value);
    }
    return response;
  };
  let [url, response] = [start, await visit(start)];
  for (let pages = 0; pages < 15; pages += 1) {
    const location = response.headers.get('location');
    if (location) {
      url = new URL(location, url).href;
      if (url.startsWith(REDIRECT_URI)) return new URL(url).search.slice(1);
      response = await visit(url);
      continue;
    }
    const page = await response.text();
    const action = /<form[^>]*action="([^"]+)"/.exec(page)?.[1];
    const prompt = /name="prompt" value="([^"]+)"/.exec(page)?.[1];
    const abort = /href="([^"]+\/abort)"/.exec(page)?.[1];
    if (!action || !prompt) throw new Error(`a page without a form at ${url}: ${page.slice(0, 300)}`);
    if (!agrees && abort) response = await visit(new URL(abort, url).href);
    else response = await visit(new URL(action, url).href, { prompt, ...(prompt === 'login' && { login, password: 'any' }) });
  }
  throw new Error('the provider sent the browser around and around');
};
