/**
 * What can be fetched by its content: agent builds and the script that installs them (and, from issue D on, installer
 * bundles). The index is written by the agent's build and read again whenever it changes, so that a new build needs no
 * restart.
 */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Digest } from '@citrus/contracts';
import { Unavailable } from '@citrus/kit-domain';
import { z } from 'zod';

const Index = z.record(z.string(), z.object({ digest: Digest }));

export interface ArtifactCatalog {
  /** @throws Unavailable when there is no such artifact, or no index. */
  digestOf(name: string): Promise<Digest>;
}

export const openArtifactCatalog = (directory: string): ArtifactCatalog => {
  const file = join(directory, 'index.json');
  let known: { readonly stamp: number; readonly index: z.infer<typeof Index> } | undefined;
  const read = async () => {
    try {
      const { mtimeMs } = await stat(file);
      if (known?.stamp !== mtimeMs) known = { stamp: mtimeMs, index: Index.parse(JSON.parse(await readFile(file, 'utf8'))) };
      return known.index;
    } catch (cause) {
      throw new Unavailable(`The index of artifacts ${file} cannot be read; build the agent.`, { cause });
    }
  };
  return {
    digestOf: async (name) => {
      const artifact = (await read())[name];
      if (!artifact) throw new Unavailable(`There is no artifact ${name} in ${file}; build the agent.`);
      return artifact.digest;
    },
  };
};
