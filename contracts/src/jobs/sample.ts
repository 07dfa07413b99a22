/**
 * A part of the servers, chosen by a number: the same number and servers give the same ones, and a larger part holds every
 * smaller one, so that 10 % can become 50 % without beginning anew elsewhere.
 */
import { z } from 'zod';
import { Share } from './share.ts';

export const RunSample = z.strictObject({ share: Share, seed: z.int().min(0).max(4_294_967_295).default(0) });
export type RunSample = z.infer<typeof RunSample>;

/** 32 well mixed bits of a text: FNV-1a with the final mixing of murmur3. Not for secrets. */
const mixed = (text: string): number => {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
};

/** In the order in which they came. A part of something is never nothing. */
export const sampleOf = <Server extends { readonly id: string }>(servers: readonly Server[], { share, seed }: RunSample): Server[] => {
  const wanted = Math.min(servers.length, share.endsWith('%') ? Math.ceil((Number(share.slice(0, -1)) * servers.length) / 100) : Number(share));
  const ranked = servers.map(({ id }) => ({ id, rank: mixed(`${seed}/${id}`) })).sort((a, b) => a.rank - b.rank || (a.id < b.id ? -1 : 1));
  const chosen = new Set(ranked.slice(0, wanted).map(({ id }) => id));
  return servers.filter(({ id }) => chosen.has(id));
};
