/** Which project commands are about, for somebody in several: chosen with `citrus projects use`, per address and person. */
import { join } from 'node:path';
import { z } from 'zod';
import { readIfThere, writePrivately, type Places } from './places.ts';

const Chosen = z.record(z.string(), z.uuid());

type Who = { readonly url: string; readonly email: string };

const fileOf = (places: Places): string => join(places.config, 'projects.json');
const keyOf = ({ url, email }: Who): string => `${url} ${email}`;

/** A file that somebody broke is as good as none: the hub then asks which project is meant. */
const read = (places: Places): Record<string, string> => {
  try {
    return Chosen.parse(JSON.parse(readIfThere(fileOf(places)) ?? '{}'));
  } catch {
    return {};
  }
};

/** `CITRUS_PROJECT` wins: scripts say what they mean. */
export const chosenProject = (places: Places, who: Who, env: Readonly<Record<string, string | undefined>> = process.env): string | undefined => env['CITRUS_PROJECT'] || read(places)[keyOf(who)];

export const chooseProject = (places: Places, who: Who, projectId: string): void => writePrivately(fileOf(places), `${JSON.stringify({ ...read(places), [keyOf(who)]: projectId }, null, 2)}\n`);
