/**
 * Files by their digest: agent builds and scripts from a folder, installer bundles from agent-mgmt. The name is the
 * check, so anybody may ask and every answer may be kept for ever.
 */
import { Digest, readBundle } from '@citrus/contracts';
import { NotFound } from '@citrus/kit-domain';
import type { Requests } from '@citrus/kit-messaging';
import { CONFIG, REQUESTS } from '@citrus/kit-service';
import { Controller, Inject, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { HubConfig } from '../config.ts';
import { By, Input } from '../http/input.ts';
import { anyone, defineRoute, Route, type InputOf } from '../http/route.ts';
import type { Visit } from '../http/visit.ts';

const read = defineRoute({
  method: 'GET', path: '/api/artifacts/:digest', summary: 'A file by the SHA-256 of its content', rule: anyone('public programs; agents fetch them before they have an identity'),
  params: z.strictObject({ digest: Digest }), produces: 'application/octet-stream',
});

const sizeOf = async (file: string): Promise<number | undefined> => {
  try {
    const found = await stat(file);
    return found.isFile() ? found.size : undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
};

@Controller()
export class ArtifactController {
  readonly #directory: string;

  constructor(
    @Inject(REQUESTS) private readonly requests: Requests,
    @Inject(CONFIG) config: HubConfig,
  ) {
    this.#directory = config.CITRUS_ARTIFACTS_DIR;
  }

  /** The digest's form was checked before it becomes a file name: 64 hex digits cannot leave the folder. */
  @Route(read)
  async read(@Input() { params: { digest } }: InputOf<typeof read>, @By() visit: Visit, @Res() reply: FastifyReply): Promise<void> {
    const file = join(this.#directory, digest.slice('sha256:'.length));
    const size = await sizeOf(file);
    const content = size === undefined ? await this.#bundle(digest, visit) : createReadStream(file);
    await reply
      .headers({ 'content-type': 'application/octet-stream', 'content-length': content instanceof Buffer ? content.length : size, 'cache-control': 'public, max-age=31536000, immutable', etag: `"${digest}"` })
      .send(content);
  }

  async #bundle(digest: Digest, visit: Visit): Promise<Buffer> {
    const { base64 } = await this.requests.call(readBundle, { digest }, visit.carried);
    const content = Buffer.from(base64, 'base64');
    if (`sha256:${createHash('sha256').update(content).digest('hex')}` !== digest) throw new NotFound('artifact.unknown', 'There is no file with this digest.');
    return content;
  }
}
