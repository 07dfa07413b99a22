/** How old the keys are that a process works with, for `citrus doctor`; never the keys themselves. */
import { readFile } from 'node:fs/promises';
import type { KeyAge } from '@citrus/contracts';
import type { Registry } from 'prom-client';

type Source = () => Promise<readonly KeyAge[]>;
const sources = new WeakMap<Registry, Source[]>();

/** A service tells of keys that it keeps itself. */
export const observeKeys = (registry: Registry, source: Source): Source => {
  sources.set(registry, [...(sources.get(registry) ?? []), source]);
  return source;
};

export const observedKeys = async (registry: Registry): Promise<KeyAge[]> => (await Promise.all((sources.get(registry) ?? []).map((read) => read()))).flat();

const instantOf = (seconds: unknown): string | null => (typeof seconds === 'number' && seconds > 0 ? new Date(seconds * 1000).toISOString() : null);

/** The credential that the process signs in to NATS with, by what stands in it; nothing where there is no file. */
export const natsCredential = async (file: string | undefined): Promise<KeyAge[]> => {
  if (file === undefined) return [];
  const text = await readFile(file, 'utf8').catch(() => '');
  const [, payload] = /-----BEGIN NATS USER JWT-----\s*[\w-]+\.([\w-]+)\.[\w-]+/.exec(text) ?? [];
  if (payload === undefined) return [];
  const { iat, exp } = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as { iat?: unknown; exp?: unknown };
  return [{ key: 'NATS credential', madeAt: instantOf(iat), expiresAt: instantOf(exp) }];
};
