/** Somebody who is signed in and asks. */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';

export type Credentials = { readonly url: string; readonly email: string; readonly password: string };
export type Visitor = {
  token(): string;
  refreshToken(): string;
  renew(): Promise<void>;
  ask<Reply>(method: string, path: string, body?: object): Promise<Reply>;
  untilNothingIsOnTheWay(): Promise<void>;
};

const LOOK_EVERY_MS = 200;
const RENEWED_AFTER_MS = 120_000;
const ON_THE_WAY = ['creating', 'provisioning', 'initializing'] as const;

export const signIn = async ({ url, email, password }: Credentials): Promise<Visitor> => {
  let tokens = { accessToken: '', refreshToken: '', at: -Infinity };
  const ask = async <Reply>(method: string, path: string, body?: object): Promise<Reply> => {
    const response = await fetch(`${url}${path}`, {
      method, headers: { 'content-type': 'application/json', 'idempotency-key': randomUUID(), ...(tokens.accessToken && { authorization: `Bearer ${tokens.accessToken}` }) }, ...(body && { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as Reply;
  };
  const renew = async (): Promise<void> => {
    if (performance.now() - tokens.at < RENEWED_AFTER_MS) return;
    tokens = { accessToken: '', refreshToken: '', at: performance.now() };
    Object.assign(tokens, await ask<{ accessToken: string; refreshToken: string }>('POST', '/api/auth/login', { email, password }));
  };
  await renew();
  const isAnyOnTheWay = async (): Promise<boolean> => {
    for (const status of ON_THE_WAY) if ((await ask<{ items: unknown[] }>('GET', `/api/servers?status=${status}&limit=1`)).items.length > 0) return true;
    return false;
  };
  return {
    renew, ask,
    token: () => tokens.accessToken,
    refreshToken: () => tokens.refreshToken,
    untilNothingIsOnTheWay: async () => {
      for (; await isAnyOnTheWay(); await delay(LOOK_EVERY_MS)) await renew();
    },
  };
};
