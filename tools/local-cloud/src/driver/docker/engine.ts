import { createReadStream, createWriteStream } from 'node:fs';
import { request, type IncomingMessage } from 'node:http';
import { type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/**
 * The part of a local Docker engine's API that droplets need, over its socket. Errors say what the engine says; "not
 * there" and "already so" are answers, because everything here may be done twice.
 */
export type Container = { State: { Running: boolean; ExitCode: number }; Name: string };
type Call = { method: 'GET' | 'POST' | 'PUT' | 'DELETE'; path: string; body?: object | Readable; type?: string };
type Answer = { status: number; text: string };

const version = '/v1.40';

export class Engine {
  readonly #socketPath: string;

  constructor(socketPath: string) {
    this.#socketPath = socketPath;
  }

  async version(): Promise<string> {
    return (JSON.parse((await this.#call({ method: 'GET', path: '/version' }, 200)).text) as { Version: string }).Version;
  }

  async hasImage(name: string): Promise<boolean> {
    return (await this.#call({ method: 'GET', path: `/images/${encodeURIComponent(name)}/json` }, 200, 404)).status === 200;
  }

  /** @param context a tar archive with a Dockerfile */
  async build(name: string, context: Readable): Promise<void> {
    const { text } = await this.#call({ method: 'POST', path: `/build?t=${encodeURIComponent(name)}&forcerm=1`, body: context, type: 'application/x-tar' }, 200);
    const failure = /"error":"([^"]+)"/.exec(text)?.[1];
    if (failure !== undefined) throw new Error(`the image ${name} cannot be built: ${failure}`);
  }

  async importImage(name: string, file: string): Promise<void> {
    const [repo = '', tag = ''] = name.split(':');
    const { text } = await this.#call({ method: 'POST', path: `/images/create?fromSrc=-&repo=${repo}&tag=${tag}`, body: createReadStream(file), type: 'application/x-tar' }, 200);
    if (text.includes('"error"')) throw new Error(`a disk cannot be loaded: ${text.trim().slice(-300)}`);
  }

  async removeImage(name: string): Promise<void> {
    await this.#call({ method: 'DELETE', path: `/images/${encodeURIComponent(name)}?force=1` }, 200, 404);
  }

  async ensureNetwork(name: string, options: object): Promise<void> {
    if ((await this.#call({ method: 'GET', path: `/networks/${name}` }, 200, 404)).status === 404) await this.#call({ method: 'POST', path: '/networks/create', body: { Name: name, ...options } }, 201);
  }

  /** 403: containers still hold on to it. */
  async removeNetwork(name: string): Promise<void> {
    await this.#call({ method: 'DELETE', path: `/networks/${name}` }, 204, 403, 404);
  }

  async find(name: string): Promise<Container | undefined> {
    const { status, text } = await this.#call({ method: 'GET', path: `/containers/${name}/json` }, 200, 404);
    return status === 404 ? undefined : (JSON.parse(text) as Container);
  }

  async labelled(label: string): Promise<string[]> {
    const filters = encodeURIComponent(JSON.stringify({ label: [label] }));
    const { text } = await this.#call({ method: 'GET', path: `/containers/json?all=1&filters=${filters}` }, 200);
    return (JSON.parse(text) as { Names: string[] }[]).map(({ Names }) => (Names[0] ?? '').slice(1));
  }

  async create(name: string, options: object): Promise<void> {
    await this.#call({ method: 'POST', path: `/containers/create?name=${name}`, body: options }, 201, 409);
  }

  async start(name: string): Promise<void> {
    await this.#call({ method: 'POST', path: `/containers/${name}/start` }, 204, 304);
  }

  /** With its own stop signal; killed after so many seconds. */
  async stop(name: string, seconds: number): Promise<void> {
    await this.#call({ method: 'POST', path: `/containers/${name}/stop?t=${seconds}` }, 204, 304, 404);
  }

  async kill(name: string): Promise<void> {
    await this.#call({ method: 'POST', path: `/containers/${name}/kill` }, 204, 404, 409);
  }

  async remove(name: string): Promise<void> {
    await this.#call({ method: 'DELETE', path: `/containers/${name}?force=1&v=1` }, 204, 404, 409);
  }

  /** Unpacks a tar archive at its root. */
  async put(name: string, archive: Readable): Promise<void> {
    await this.#call({ method: 'PUT', path: `/containers/${name}/archive?path=/`, body: archive, type: 'application/x-tar' }, 200);
  }

  /** Its whole file system as a tar archive. */
  async save(name: string, file: string): Promise<void> {
    const answer = await this.#send({ method: 'GET', path: `/containers/${name}/export` });
    if (answer.statusCode !== 200) throw new Error(`the disk of ${name} cannot be saved: ${await read(answer)}`);
    await pipeline(answer, createWriteStream(file, { mode: 0o600 }));
  }

  async #call(call: Call, ...expected: number[]): Promise<Answer> {
    const answer = await this.#send(call);
    const text = await read(answer);
    const status = answer.statusCode ?? 0;
    if (!expected.includes(status)) throw new Error(`the Docker engine refused ${call.method} ${call.path.split('?')[0]}: ${text.trim().slice(0, 300) || status}`);
    return { status, text };
  }

  #send({ method, path, body, type }: Call): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const isStream = body !== undefined && 'pipe' in body;
      const headers = body === undefined ? {} : { 'content-type': type ?? 'application/json' };
      const asked = request({ socketPath: this.#socketPath, method, path: `${version}${path}`, headers }, resolve);
      asked.on('error', reject);
      if (isStream) body.on('error', reject).pipe(asked);
      else asked.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }
}

const read = async (answer: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
};
