/** Somebody who is signed in at the hub, and comes again when it is busy. */
import { setTimeout as delay } from 'node:timers/promises';
import { randomUUID } from 'node:crypto';

export type Credentials = { readonly url: string; readonly email: string; readonly password: string };
export type Person = { renew(): Promise<void>; ask<Reply>(method: string, path: string, body?: object): Promise<Reply> };

const AGAIN_AFTER_MS = 200;
const GIVES_UP_AFTER_MS = 120_000;

const isBusy = ({ status }: Response): boolean => status === 503 || status === 429;

export const signIn = async ({ url, email, password }: Credentials): Promise<Person> => {
  let authorization: string | undefined;
  const ask = async <Reply>(method: string, path: string, body?: object): Promise<Reply> => {
    const until = performance.now() + GIVES_UP_AFTER_MS;
    const headers = { 'content-type': 'application/json', 'idempotency-key': randomUUID(), ...(authorization && { authorization }) };
    for (;;) {
      const response = await fetch(`${url}${path}`, { method, headers, ...(body && { body: JSON.stringify(body) }) });
      if (response.ok) return (await response.json()) as Reply;
      if (!isBusy(response) || performance.now() > until) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
      await response.arrayBuffer();
      await delay(AGAIN_AFTER_MS);
    }
  };
  const renew = async (): Promise<void> => {
    authorization = undefined;
    const { accessToken } = await ask<{ accessToken: string }>('POST', '/api/auth/login', { email, password });
    authorization = `Bearer ${accessToken}`;
  };
  await renew();
  return { renew, ask };
};
