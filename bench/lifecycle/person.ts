/** Somebody with a script who asks for many servers, and what the cloud and the logs say about them afterwards. */
import { setTimeout as delay } from 'node:timers/promises';
import { randomUUID } from 'node:crypto';
import type { Credentials, LifecycleSite } from './site.ts';

const LOOK_EVERY_MS = 200;
const ON_THE_WAY = ['creating', 'provisioning', 'initializing'] as const;

export type LoggedEvent = { readonly type: string; readonly service: string; readonly at: string; readonly data: { readonly serverId?: string } };

/** Like everybody who is told to come back later, with the same key. */
const insistent = async (url: string, init: RequestInit): Promise<Response> => {
  for (;;) {
    const response = await fetch(url, init);
    if (response.status !== 503 && response.status !== 429) return response;
    await delay(LOOK_EVERY_MS);
  }
};

export const signIn = async ({ url, email, password }: Credentials) => {
  const headers = { 'content-type': 'application/json', authorization: '' };
  const send = (method: string, path: string, own: Readonly<Record<string, string>>, body?: object): Promise<Response> =>
    insistent(`${url}${path}`, { method, headers: own, ...(body && { body: JSON.stringify(body) }) });
  const succeeded = async (asked: string, response: Response): Promise<Response> => {
    if (!response.ok) throw new Error(`${asked}: ${response.status} ${await response.text()}`);
    return response;
  };
  const renew = async (): Promise<void> => {
    const response = await send('POST', '/api/auth/login', { 'content-type': 'application/json', 'idempotency-key': randomUUID() }, { email, password });
    const { accessToken } = (await (await succeeded('signing in', response)).json()) as { accessToken: string };
    headers.authorization = `Bearer ${accessToken}`;
  };
  const ask = async (method: string, path: string, body?: object): Promise<Response> => {
    const key = { 'idempotency-key': randomUUID() };
    let response = await send(method, path, { ...headers, ...key }, body);
    if (response.status === 401) {
      // A long round outlives an access token.
      await renew();
      response = await send(method, path, { ...headers, ...key }, body);
    }
    return succeeded(`${method} ${path}`, response);
  };
  await renew();
  const isAnyOnTheWay = async (): Promise<boolean> => {
    for (const status of ON_THE_WAY) {
      const { items } = (await (await ask('GET', `/api/servers?status=${status}&limit=1`)).json()) as { items: unknown[] };
      if (items.length > 0) return true;
    }
    return false;
  };
  return {
    renew,
    createServer: async (name: string): Promise<string> => ((await (await ask('POST', '/api/servers', { name })).json()) as { id: string }).id,
    untilNoneIsOnTheWay: async (): Promise<void> => {
      while (await isAnyOnTheWay()) await delay(LOOK_EVERY_MS);
    },
    history: async (): Promise<LoggedEvent[]> => (await (await ask('GET', '/api/history/export')).text()).split('\n').filter(Boolean).map((line) => JSON.parse(line) as LoggedEvent),
  };
};
export type Person = Awaited<ReturnType<typeof signIn>>;

/** Calls that the cloud still allows in this hour, which this question takes one of. */
export const callsLeft = async ({ url, token }: LifecycleSite['cloud']): Promise<number> => {
  const response = await fetch(`${url}/v2/account`, { headers: { authorization: `Bearer ${token}` } });
  await response.arrayBuffer();
  return Number(response.headers.get('ratelimit-remaining'));
};
