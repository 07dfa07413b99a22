/** The hub over HTTP: the only thing an agent talks to before it has a credential for the broker. */
import { AgentWelcome, HttpProblem, enrolmentProof, renewalProof } from '@citrus/contracts';
import { call, open, piecesOf, read, type Answer } from './http.ts';
import type { Keys } from './keys.ts';

/** The hub understood and says no; trying the same again soon does not help. */
export class HubRefusal extends Error {
  override readonly name = 'HubRefusal';
  constructor(message: string, readonly code?: string) {
    super(message);
  }
}

const TIMEOUT_MS = 20_000;
const MAX_ANSWER_BYTES = 1024 ** 2;
const ARTIFACT_WITHIN_MS = 900_000;
const MAX_BUNDLE_BYTES = 64 * 1024 ** 2;
/** 4xx answers that are about this moment, not about the request. */
const PASSING = new Set([408, 425, 429]);
const LARGEST_HONEST_OFFSET_MS = 120_000;

/** A refusal is often a wrong clock; the answer tells what time it is. */
const clockHint = ({ headers }: Answer): string => {
  const offsetMs = Date.now() - Date.parse(headers.date ?? '');
  return Math.abs(offsetMs) > LARGEST_HONEST_OFFSET_MS ? ` (this machine's clock is ${Math.round(offsetMs / 1000)} s off)` : '';
};

const parseJson = (body: Buffer): unknown => {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
};

const failureOf = (answer: Answer): Error => {
  const { status, body } = answer;
  const problem = HttpProblem.safeParse(parseJson(body));
  const said = problem.success ? `${problem.data.detail} [${problem.data.code}]` : `HTTP ${status}`;
  const isRefusal = status >= 400 && status < 500 && !PASSING.has(status);
  return isRefusal ? new HubRefusal(`the hub refuses: ${said}${clockHint(answer)}`, problem.data?.code) : new Error(`the hub cannot answer now: ${said}`);
};

const isGood = ({ status }: Pick<Answer, 'status'>): boolean => status >= 200 && status < 300;

const post = async (url: string, body: unknown): Promise<AgentWelcome> => {
  const answer = await call(url, { method: 'POST', body, signal: AbortSignal.timeout(TIMEOUT_MS), maxBytes: MAX_ANSWER_BYTES });
  if (!isGood(answer)) throw failureOf(answer);
  return AgentWelcome.parse(parseJson(answer.body));
};

export const enrol = async (hubUrl: string, token: string, keys: Keys): Promise<AgentWelcome> => {
  const at = new Date().toISOString();
  const publicKeys = { nkey: keys.nkey, boxKey: keys.box.publicKey };
  return post(`${hubUrl}/api/agents/enrol`, { token, keys: publicKeys, at, signature: keys.sign(enrolmentProof(token, publicKeys, at)) });
};

export const renew = async (hubUrl: string, agentId: string, keys: Keys): Promise<AgentWelcome> => {
  const at = new Date().toISOString();
  return post(`${hubUrl}/api/agents/renew`, { agentId, nkey: keys.nkey, at, signature: keys.sign(renewalProof(agentId, keys.nkey, at)) });
};

/** The bytes behind a digest as they come, for files that are too large to hold; the caller hashes them. */
export const openArtifact = async (hubUrl: string, digest: string, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>> => {
  const { status, headers, message } = await open(`${hubUrl}/api/artifacts/${digest}`, { signal: AbortSignal.any([signal, AbortSignal.timeout(ARTIFACT_WITHIN_MS)]) });
  if (!isGood({ status })) throw failureOf({ status, headers, body: await read(message, MAX_ANSWER_BYTES) });
  return piecesOf(message);
};

/** The bytes behind a digest; the caller hashes them, so where they came from does not matter. */
export const fetchArtifact = async (hubUrl: string, digest: string, signal: AbortSignal): Promise<Uint8Array> => {
  const answer = await call(`${hubUrl}/api/artifacts/${digest}`, { signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]), maxBytes: MAX_BUNDLE_BYTES });
  if (!isGood(answer)) throw failureOf(answer);
  return answer.body;
};
