/**
 * The other side of the wire for the agent's tests: it plays the hub over HTTP and agent-mgmt over a real broker, and
 * remembers everything it is told. Not a copy of either: it answers what it is told to answer.
 */
import {
  AgentId, AnyHeartbeat, CommandReply, EnrolAgent, JobId, LogChunk, RenewAgent, canonicalJson, enrolmentProof, reportCommandRefused, reportJobFinished, reportUpgradeFinished, sealedInputsPlace, subjects, syncAgent,
  type AgentCommand, type AgentKeys, type Facts, type HttpProblem, type InstallerBundle, type Pace, type RunJob, type SignedCommand,
} from '@citrus/contracts';
import { generateSigningKeys, sealToBox, sha256Digest, signCommand } from '@citrus/kit-crypto';
import { fromPublic } from '@nats-io/nkeys';
import { connect, type Msg } from '@nats-io/transport-node';
import { createPrivateKey, randomUUID, sign as signText } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { z } from 'zod';

type Finished = z.infer<typeof reportJobFinished.input>;
type Refused = z.infer<typeof reportCommandRefused.input>;
type Upgraded = z.infer<typeof reportUpgradeFinished.input>;
/** Whoever plays another control plane says so with `pace`; only then facts may be named by their digest. */
type Hello = z.infer<typeof syncAgent.input> & { readonly facts: Facts };
export type Told = { readonly hellos: Hello[]; readonly heartbeats: AnyHeartbeat[]; readonly started: unknown[]; readonly finished: Finished[]; readonly refused: Refused[]; readonly upgrades: Upgraded[]; readonly chunks: LogChunk[]; readonly enrolments: EnrolAgent[]; renewals: number };
/** What the other side does wrong for now. */
export type Faults = { hubFails: boolean; refusesEnrolment: boolean; ignoresReports: boolean; ignoresSync: boolean; credentialLifeSeconds: number; clockOffsetMs: number; /** Instead of TOKEN. */ token?: string; /** Never let in again. */ revokedKey?: string; /** Its renewal is refused: another agent is waited for. */ supersededKey?: string; userData?: string; pace?: Pace; wantsFacts?: boolean };

const bodyOf = async (request: IncomingMessage): Promise<unknown> => {
  const pieces: Buffer[] = [];
  for await (const piece of request as AsyncIterable<Buffer>) pieces.push(piece);
  return JSON.parse(Buffer.concat(pieces).toString());
};
const answer = (response: ServerResponse, status: number, body: unknown) => response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
const refuse = (response: ServerResponse, status: number, code: string, detail: string) => answer(response, status, { status, code, title: 'Refused', detail } satisfies HttpProblem);
const inMinutes = (minutes: number) => new Date(Date.now() + minutes * 60_000).toISOString();
const PROBE_MANIFEST = 'id: probe\nname: Probe\nversion: 1.0.0\ndescription: A probe.\ncategory: test\nauthor: Citrus\nportable: true\nos_requirements: { families: [any] }\n';
export const TOKEN = 'a-token-for-one-enrolment';

export const startControlPlane = async ({ natsUrl, webSocketUrl }: { natsUrl: string; webSocketUrl: string }) => {
  const agentId = AgentId.parse(`agent-${randomUUID().slice(0, 13)}`);
  const signing = generateSigningKeys();
  const told: Told = { hellos: [], heartbeats: [], started: [], finished: [], refused: [], upgrades: [], chunks: [], enrolments: [], renewals: 0 };
  const faults: Faults = { hubFails: false, refusesEnrolment: false, ignoresReports: false, ignoresSync: false, credentialLifeSeconds: 86_400, clockOffsetMs: 0 };
  const artifacts = new Map<string, Uint8Array>();
  const open: SignedCommand[] = [];
  let keys: AgentKeys | undefined;

  const welcome = () => {
    const claims = { iat: Math.floor(Date.now() / 1000) };
    return {
      agentId, serverId: randomUUID(), natsUrls: [webSocketUrl], expiresAt: new Date(Date.now() + faults.credentialLifeSeconds * 1000).toISOString(),
      natsJwt: `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.x`, signingKeys: [{ keyId: 'k1', publicKey: signing.publicKey }],
    };
  };
  const enrol = (request: EnrolAgent, response: ServerResponse) => {
    told.enrolments.push(request);
    const proof = new TextEncoder().encode(enrolmentProof(request.token, request.keys, request.at));
    const isProven = fromPublic(request.keys.nkey).verify(proof, Buffer.from(request.signature, 'base64url'));
    if (request.keys.nkey === faults.revokedKey) return refuse(response, 409, 'agent.key_revoked', 'This key was revoked.');
    if (faults.refusesEnrolment || !isProven || request.token !== (faults.token ?? TOKEN)) return refuse(response, 403, 'enrolment.refused', 'The token is not good.');
    keys = request.keys;
    return answer(response, 200, welcome());
  };
  const http = createServer((request, response) => {
    const path = request.url ?? '';
    if (faults.hubFails) return void refuse(response, 503, 'service.unavailable', 'Not now.');
    if (path === '/api/agents/enrol') return void bodyOf(request).then((body) => enrol(EnrolAgent.parse(body), response));
    if (path === '/api/agents/renew') {
      told.renewals += 1;
      return void bodyOf(request).then((body) => {
        const { nkey } = RenewAgent.parse(body);
        return nkey === faults.supersededKey ? refuse(response, 409, 'agent.superseded', 'The server is being made again.') : answer(response, 200, welcome());
      });
    }
    if (path === '/metadata/v1/user-data' && faults.userData !== undefined) return void response.end(faults.userData);
    const artifact = artifacts.get(path.replace('/api/artifacts/', ''));
    return artifact ? void response.end(artifact) : void refuse(response, 404, 'artifact.unknown', 'There is none.');
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));

  const nats = await connect({ servers: natsUrl });
  const on = (subject: string, take: (message: Msg) => void) => nats.subscribe(subject, {
    callback: (error, message) => {
      if (!error) take(message);
    },
  });
  on(subjects.agent.sync(agentId), (message) => {
    if (faults.ignoresSync) return;
    told.hellos.push(syncAgent.input.parse(message.json()) as Hello);
    message.respond(JSON.stringify({ commands: open, serverTime: new Date(Date.now() + faults.clockOffsetMs).toISOString(), ...(faults.pace && { pace: faults.pace }), ...(faults.wantsFacts && { wantsFacts: true }) }));
  });
  on(subjects.agent.report(agentId, '*'), (message) => {
    if (faults.ignoresReports) return;
    if (message.subject.endsWith('job-finished')) told.finished.push(reportJobFinished.input.parse(message.json()));
    else if (message.subject.endsWith('command-refused')) told.refused.push(reportCommandRefused.input.parse(message.json()));
    else if (message.subject.endsWith('upgrade-finished')) told.upgrades.push(reportUpgradeFinished.input.parse(message.json()));
    else told.started.push(message.json());
    message.respond('{}');
  });
  on(subjects.agent.heartbeat(agentId), (message) => told.heartbeats.push(AnyHeartbeat.parse(message.json())));
  on(subjects.agent.log(agentId, '*'), (message) => told.chunks.push(LogChunk.parse(message.json())));

  const common = () => ({ commandId: randomUUID(), agentId, notBefore: inMinutes(-1), expiresAt: inMinutes(10) });
  const sign = (command: AgentCommand, privateKey = signing.privateKey, keyId = 'k1'): SignedCommand => {
    const text = canonicalJson(command);
    return { keyId, command: text, signature: signCommand(privateKey, text) };
  };
  /** Rings the doorbell; undefined if nobody is there. */
  const ring = async (signed: unknown): Promise<CommandReply | undefined> => {
    try {
      return CommandReply.parse((await nats.request(subjects.agent.command(agentId), JSON.stringify(signed), { timeout: 30_000 })).json());
    } catch (error) {
      if (error instanceof Error && error.message.includes('no responders')) return undefined;
      throw error;
    }
  };
  const runJob = (given: Partial<RunJob> & Pick<RunJob, 'installerDigest'>): RunJob => ({
    type: 'run-job', ...common(), jobId: JobId.parse(randomUUID()), attempt: 1, installer: 'probe' as RunJob['installer'], installerVersion: '1.0.0',
    action: 'install', inputs: {}, sealedInputs: '', timeoutSeconds: 60, ...given,
  });
  const publishFiles = (files: Readonly<Record<string, string | Uint8Array>>): RunJob['installerDigest'] => {
    const bundle: InstallerBundle = { files: Object.entries(files).map(([path, content]) => ({ path, mode: 0o755, base64: Buffer.from(content).toString('base64') })) };
    const bytes = Buffer.from(canonicalJson(bundle));
    const digest = sha256Digest(bytes);
    artifacts.set(digest, bytes);
    return digest;
  };
  /** An installer whose `install.sh` is this script. */
  const publish = (script: string, manifest = '') =>
    publishFiles({ 'install.sh': `#!/bin/bash\n${script}\n`, 'manifest.yml': `${PROBE_MANIFEST}${manifest}` });
  return {
    agentId, publicKey: signing.publicKey, told, faults, artifacts, open, sign, ring, runJob, publish, publishFiles, common,
    /** A good signature over the text alone, without what makes it one over a command. */
    signBare: (text: string) => signText(null, Buffer.from(text), createPrivateKey({ key: { kty: 'OKP', crv: 'Ed25519', x: signing.publicKey, d: signing.privateKey }, format: 'jwk' })).toString('base64url'),
    hubUrl: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    seal: (inputs: object) => sealToBox(keys?.boxKey ?? '', JSON.stringify(inputs), sealedInputsPlace(agentId)),
    textOf: (jobId: string) => told.chunks.filter((chunk) => chunk.jobId === jobId).map(({ text }) => text).join(''),
    finishedOf: (jobId: string) => told.finished.filter((report) => report.jobId === jobId),
    stop: async () => {
      await nats.close();
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
};
export type ControlPlane = Awaited<ReturnType<typeof startControlPlane>>;
