/** Somebody who is signed in at the hub, comes again when it is busy, and signs in again when the session has ended. */
import { setTimeout as delay } from 'node:timers/promises';
import { randomUUID } from 'node:crypto';

export type Credentials = { readonly url: string; readonly email: string; readonly password: string };
export type Person = { renew(): Promise<void>; ask<Reply>(method: string, path: string, body?: object): Promise<Reply> };

const AGAIN_AFTER_MS = 200;
const GIVES_UP_AFTER_MS = 120_000;

const isBusy = ({ status }: Response): boolean => status === 503 || status === 429;

export const signIn = async ({ url, email, password }: Credentials): Promise<Person> => {
  let session: Promise<string> | undefined;
  const request = async <Reply>(method: string, path: string, body: object | undefined, signedIn: () => Promise<string> | undefined): Promise<Reply> => {
    const until = performance.now() + GIVES_UP_AFTER_MS;
    const idempotencyKey = randomUUID();
    for (let hasRenewed = false; ; ) {
      const mine = signedIn();
      const headers = { 'content-type': 'application/json', 'idempotency-key': idempotencyKey, ...(mine && { authorization: await mine }) };
      const response = await fetch(`${url}${path}`, { method, headers, ...(body && { body: JSON.stringify(body) }) });
      if (response.ok) return (await response.json()) as Reply;
      const isOver = response.status === 401 && mine !== undefined && !hasRenewed;
      if (!isOver && (!isBusy(response) || performance.now() > until)) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
      await response.arrayBuffer();
      if (isBusy(response)) await delay(AGAIN_AFTER_MS);
      if (!isOver) continue;
      hasRenewed = true;
      // Of many requests that find it ended, the first one signs in for all.
      if (session === mine) await renew();
    }
  };
  const login = async (): Promise<string> => `Bearer ${(await request<{ accessToken: string }>('POST', '/api/auth/login', { email, password }, () => undefined)).accessToken}`;
  const renew = async (): Promise<void> => void (await (session = login()));
  await renew();
  return { renew, ask: (method, path, body) => request(method, path, body, () => session) };
};
