/** An API client as somebody's script would have one: signs in, retries what says "try again", reads streams. */
import { randomUUID } from 'node:crypto';
import type { Credentials } from './system.ts';

export type Answer<T> = { readonly status: number; readonly body: T };
export type ServerView = { id: string; name: string; status: string; region: string; size: string; ipAddress: string | null; agentId: string | null; createdAt: string; updatedAt: string; note?: string | null; online?: boolean };
export type JobView = { id: string; status: string; serverId: string; installer: string; action: string; attempt: number; exitCode: number | null; createdAt: string; reason?: string | null };
export type Problem = { title: string; status: number; detail: string; code: string; fields?: { path: string; message: string }[] };
export type StreamedJob = { status: string; progress?: number; message?: string; output?: string };

const TRY_AGAIN_FOR_MS = 90_000;
const isTemporary = (status: number): boolean => status === 502 || status === 503 || status === 429;

/** Asks until an answer is final; one that says "try again", or none at all, is not. */
const patiently = async <T>(ask: () => Promise<Answer<T>>, isFinal: (status: number) => boolean | Promise<boolean> = (status) => !isTemporary(status)): Promise<Answer<T>> => {
  const deadline = Date.now() + TRY_AGAIN_FOR_MS;
  for (;;) {
    try {
      const answer = await ask();
      if (Date.now() > deadline || (await isFinal(answer.status))) return answer;
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
};

export class Client {
  readonly #credentials: Credentials;
  #token = '';
  /** Whoever was given a token has no other one. */
  #signsIn = false;

  constructor(credentials: Credentials, token = '') {
    this.#token = token;
    this.#credentials = credentials;
  }

  /** To travel with requests that this client does not make itself. */
  get token(): string {
    return this.#token;
  }

  async signIn(): Promise<this> {
    const { email, password } = this.#credentials;
    const { status, body } = await patiently(() => this.request<{ accessToken: string }>('POST', '/api/auth/login', { body: { email, password } }));
    if (status !== 200) throw new Error(`sign-in answered ${status}: ${JSON.stringify(body)}`);
    this.#token = body.accessToken;
    this.#signsIn = true;
    return this;
  }

  /** One request, as it is. */
  async request<T>(method: string, path: string, options: { body?: unknown; headers?: Record<string, string>; signal?: AbortSignal } = {}): Promise<Answer<T>> {
    const response = await fetch(`${this.#credentials.url}${path}`, {
      method,
      headers: { ...(options.body !== undefined && { 'content-type': 'application/json' }), ...(this.#token && { authorization: `Bearer ${this.#token}` }), ...options.headers },
      ...(options.body !== undefined && { body: typeof options.body === 'string' ? options.body : JSON.stringify(options.body) }),
      signal: options.signal ?? AbortSignal.timeout(30_000),
    });
    const text = await response.text();
    return { status: response.status, body: (text && /^application\/(problem\+)?json/.test(response.headers.get('content-type') ?? '') ? JSON.parse(text) : text) as T };
  }

  /** The same request until it gets through: what a careful client does while something restarts, or when its session is over. */
  async insist<T>(method: string, path: string, body?: unknown): Promise<Answer<T>> {
    const headers = { 'idempotency-key': randomUUID() };
    return patiently(() => this.request<T>(method, path, { body, headers }), async (status) => {
      if (status !== 401 || !this.#signsIn) return !isTemporary(status);
      await this.signIn();
      return false;
    });
  }

  get<T>(path: string): Promise<Answer<T>> {
    return this.insist<T>('GET', path);
  }

  async createServer(name: string, extra: object = {}): Promise<ServerView> {
    const { status, body } = await this.insist<ServerView>('POST', '/api/servers', { name, ...extra });
    if (status !== 202) throw new Error(`creating ${name} answered ${status}: ${JSON.stringify(body)}`);
    return body;
  }

  async createJob(job: { serverId: string; installer: string; action?: string; inputs?: object }): Promise<JobView> {
    const { status, body } = await this.insist<JobView>('POST', '/api/jobs', { action: 'install', inputs: {}, ...job });
    if (status !== 202) throw new Error(`the job answered ${status}: ${JSON.stringify(body)}`);
    return body;
  }

  async #until<T>(path: string, isDone: (body: T) => boolean, timeoutMs: number): Promise<T> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const { body } = await this.get<T>(path);
      if (isDone(body)) return body;
      if (Date.now() > deadline) throw new Error(`${path} after ${timeoutMs} ms: ${JSON.stringify(body)}`);
      await new Promise((resolve) => setTimeout(resolve, 150));
    }
  }

  /** Waits for a state; gives up at once when the server failed instead. */
  async serverIs(id: string, status: string, timeoutMs = 180_000): Promise<ServerView> {
    const server = await this.#until<ServerView>(`/api/servers/${id}`, (server) => server.status === status || server.status === 'failed', timeoutMs);
    if (server.status !== status) throw new Error(`server ${server.name} is ${server.status}: ${server.note}`);
    return server;
  }

  jobEnds(id: string, timeoutMs = 300_000): Promise<JobView> {
    const ends = ['succeeded', 'failed', 'timed_out', 'cancelled', 'expired', 'lost'];
    return this.#until<JobView>(`/api/jobs/${id}`, (job) => ends.includes(job.status), timeoutMs);
  }

  /** Follows a job's stream to its end, or until `enough` says so. @returns the messages with their ids */
  async followJob(id: string, options: { lastEventId?: string; enough?: (messages: readonly StreamedJob[]) => boolean } = {}): Promise<{ messages: StreamedJob[]; lastEventId: string }> {
    const abort = new AbortController();
    const response = await fetch(`${this.#credentials.url}/api/jobs/${id}/stream`, {
      headers: { authorization: `Bearer ${this.#token}`, ...(options.lastEventId && { 'last-event-id': options.lastEventId }) },
      signal: AbortSignal.any([abort.signal, AbortSignal.timeout(300_000)]),
    });
    if (response.status === 401 && this.#signsIn) {
      await this.signIn();
      return this.followJob(id, options);
    }
    if (!response.ok || !response.body) throw new Error(`the stream answered ${response.status}`);
    const messages: StreamedJob[] = [];
    let lastEventId = options.lastEventId ?? '';
    let rest = '';
    for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
      const blocks = (rest + chunk).split('\n\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks) {
        const field = (name: string) => block.split('\n').filter((line) => line.startsWith(`${name}:`)).map((line) => line.slice(name.length + 1).replace(/^ /, '')).join('\n');
        if (field('id')) lastEventId = field('id');
        if (field('data')) messages.push(JSON.parse(field('data')) as StreamedJob);
        if (options.enough?.(messages)) {
          abort.abort();
          return { messages, lastEventId };
        }
      }
    }
    return { messages, lastEventId };
  }

  /** The whole history, oldest first. */
  async history(): Promise<{ type: string; service: string; position: number; stream: string }[]> {
    const all: { type: string; service: string; position: number; stream: string }[] = [];
    let cursor: string | null = null;
    do {
      const query: string = cursor ? `&cursor=${encodeURIComponent(cursor)}` : '';
      const { body } = await this.get<{ items: typeof all; nextCursor: string | null }>(`/api/events?limit=200${query}`);
      all.push(...body.items);
      cursor = body.nextCursor;
    } while (cursor);
    return all.toReversed();
  }
}

export const pageText = async (url: string): Promise<string> => (await fetch(url, { signal: AbortSignal.timeout(10_000) })).text();
