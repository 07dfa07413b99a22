/** The hub over HTTP: the only thing an agent talks to before it has a credential for the broker. */
import { AgentWelcome, HttpProblem, enrolmentProof, renewalProof } from '@citrus/contracts';
import type { Keys } from './keys.ts';

/** The hub understood and says no; trying the same again soon does not help. */
export class HubRefusal extends Error {
  override readonly name = 'HubRefusal';
  constructor(message: string, readonly code?: string) {
    super(message);
  }
}

const TIMEOUT_MS = 20_000;
const MAX_BUNDLE_BYTES = 64 * 1024 ** 2;
/** 4xx answers that are about this moment, not about the request. */
const PASSING = new Set([408, 425, 429]);
const LARGEST_HONEST_OFFSET_MS = 120_000;

/** A refusal is often a wrong clock; the answer tells what time it is. */
const clockHint = (response: Response): string => {
  const offsetMs = Date.now() - Date.parse(response.headers.get('date') ?? '');
  return Math.abs(offsetMs) > LARGEST_HONEST_OFFSET_MS ? ` (this machine's clock is ${Math.round(offsetMs / 1000)} s off)` : '';
};

const failureOf = async (response: Response): Promise<Error> => {
  const problem = HttpProblem.safeParse(await response.json().catch(() => undefined));
  const said = problem.success ? `${problem.data.detail} [${problem.data.code}]` : `HTTP ${response.status}`;
  const isRefusal = response.status >= 400 && response.status < 500 && !PASSING.has(response.status);
  return isRefusal ? new HubRefusal(`the hub refuses: ${said}${clockHint(response)}`, problem.data?.code) : new Error(`the hub cannot answer now: ${said}`);
};

const post = async (url: string, body: unknown): Promise<AgentWelcome> => {
  const response = await fetch(url, {
    method: 'POST', redirect: 'error', signal: AbortSignal.timeout(TIMEOUT_MS),
    headers: { 'content-type': 'application/json', accept: 'application/json' }, body: JSON.stringify(body),
  });
  if (!response.ok) throw await failureOf(response);
  return AgentWelcome.parse(await response.json());
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

/** The bytes behind a digest; the caller hashes them, so where they came from does not matter. */
export const fetchArtifact = async (hubUrl: string, digest: string, signal: AbortSignal): Promise<Uint8Array> => {
  const response = await fetch(`${hubUrl}/api/artifacts/${digest}`, { redirect: 'error', signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]) });
  if (!response.ok) throw await failureOf(response);
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of response.body ?? []) {
    bytes += piece.length;
    if (bytes > MAX_BUNDLE_BYTES) throw new HubRefusal(`the installer is larger than ${MAX_BUNDLE_BYTES} bytes`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
};
