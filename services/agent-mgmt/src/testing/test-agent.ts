/** An agent as this service meets it on NATS: it says hello, gets signed commands, reports, sends output, beats. */
import { createHash } from 'node:crypto';
import {
  AgentCommand, AgentId, JobId, reportCommandRefused, reportJobFinished, reportJobStarted, reportUpgradeFinished, sealedInputsPlace, ServerId, SignedCommand, subjects, syncAgent,
  type CommandReply, type Facts, type RunJob,
} from '@citrus/contracts';
import { generateBoxKeys, openBox, unpackJson, verifyCommand, type KeyPair } from '@citrus/kit-crypto';
import { createRequests, type Requests } from '@citrus/kit-messaging';
import { newId } from '@citrus/kit-event-store';
import { eventually } from '@citrus/kit-testing';
import type { Msg, NatsConnection, Subscription } from '@nats-io/nats-core';
import type { z } from 'zod';

export type PublicKeys = () => Promise<ReadonlyMap<string, string>>;
/** Pieces hold up to 64 KiB and a reply must fit into one message of the broker, as a real agent sees to. */
const PIECES_IN_A_REPLY = 8;

type ReadLog = Extract<AgentCommand, { type: 'read-log' }>;
type Attempt = Pick<RunJob, 'jobId' | 'attempt'>;
type Finish = Pick<z.infer<typeof reportJobFinished.input>, 'outcome' | 'exitCode' | 'reason' | 'backup' | 'outputs'> & { texts?: readonly string[] };

const now = () => new Date().toISOString();
export const digestOf = (texts: readonly string[]): string => createHash('sha256').update(texts.join('')).digest('hex');

export class TestAgent {
  readonly id = AgentId.parse(`agent-${newId().slice(-12)}`);
  readonly serverId = ServerId.parse(newId());
  readonly box: KeyPair = generateBoxKeys();
  readonly received: AgentCommand[] = [];
  facts: z.infer<typeof Facts> = { hostname: 'web-1', os: 'Debian 12', arch: 'x64', kernel: '6.1', cpus: 1, memoryBytes: 512, addresses: ['10.0.0.2'], systemd: true, agentVersion: '1.0.0', nodeVersion: '24' };
  answer: (command: AgentCommand) => CommandReply = () => ({ outcome: 'accepted' });
  answerLog: (command: ReadLog) => CommandReply = (command) => this.#readLog(command);
  /** Which command keys it says it knows; undefined for an agent from before that could be said. */
  keyIds: string[] | undefined;
  running: Attempt | null = null;
  readonly #requests: Requests;
  readonly #kept = new Map<string, readonly string[]>();
  #known: ReadonlyMap<string, string> | undefined;
  /** The key that the last command was signed with. */
  lastKeyId = '';
  #doorbell: Subscription | undefined;
  #beating: NodeJS.Timeout | undefined;

  /** @param patienceMs how long an answer may take before what was said counts as lost */
  constructor(private readonly nats: NatsConnection, private readonly keys: PublicKeys, private readonly patienceMs: () => number) {
    this.#requests = createRequests(nats);
  }

  /** Hears doorbells and beats, faster than real agents do. */
  connect(): void {
    this.#doorbell = this.nats.subscribe(subjects.agent.command(this.id), { callback: (_, message) => void this.#open(message) });
    this.beat();
    this.#beating = setInterval(() => this.beat(), 200);
  }

  disconnect(): void {
    this.#doorbell?.unsubscribe();
    clearInterval(this.#beating);
  }

  async hello(): Promise<AgentCommand[]> {
    const { commands } = await this.#requests.call(syncAgent, { agentId: this.id, sentAt: now(), facts: this.facts, bootId: 'boot', ...(this.keyIds && { keyIds: this.keyIds }) }, { timeoutMs: this.patienceMs(), subject: subjects.agent.sync(this.id) });
    return await Promise.all(commands.map((signed) => this.#verified(signed)));
  }

  beat(): void {
    const usage = { load1: 0, cpuPercent: 0, memoryUsedBytes: 1, memoryTotalBytes: 2, diskUsedBytes: 1, diskTotalBytes: 2, networkInBytes: 0, networkOutBytes: 0, uptimeSeconds: 1 };
    this.nats.publish(subjects.agent.heartbeat(this.id), JSON.stringify({ agentId: this.id, at: now(), bootId: 'boot', running: this.running, ...usage }));
  }

  async started({ jobId, attempt }: Attempt): Promise<void> {
    this.running = { jobId, attempt };
    await this.#requests.call(reportJobStarted, { agentId: this.id, sentAt: now(), jobId, attempt, at: now() }, { timeoutMs: this.patienceMs(), subject: subjects.agent.report(this.id, 'job-started') });
  }

  async finished({ jobId, attempt }: Attempt, { outcome, exitCode, reason, backup, outputs, texts = [] }: Finish): Promise<void> {
    this.running = null;
    const input = { agentId: this.id, sentAt: now(), jobId, attempt, outcome, exitCode, ...(reason !== undefined && { reason }), ...(backup && { backup }), ...(outputs && { outputs }), logChunks: texts.length, logDigest: digestOf(texts), at: now() };
    await this.#requests.call(reportJobFinished, input, { timeoutMs: this.patienceMs(), subject: subjects.agent.report(this.id, 'job-finished') });
  }

  /** Keeps all pieces, for when it is asked for them, and sends those with these numbers. */
  output({ jobId, attempt }: Attempt, texts: readonly string[], only?: readonly number[]): void {
    this.#kept.set(`${jobId}/${attempt}`, texts);
    for (const [index, text] of texts.entries()) {
      const seq = index + 1;
      if (only && !only.includes(seq)) continue;
      this.nats.publish(subjects.agent.log(this.id, jobId), JSON.stringify({ agentId: this.id, jobId, attempt, seq, at: now(), text }));
    }
  }

  /** As an agent that was given a command which it does not obey. */
  async refuses(refusal: { code: string; reason: string } & Partial<Attempt>): Promise<void> {
    await this.#requests.call(reportCommandRefused, { agentId: this.id, sentAt: now(), at: now(), ...refusal }, { timeoutMs: this.patienceMs(), subject: subjects.agent.report(this.id, 'command-refused') });
  }

  async upgradeFinished(ended: Pick<z.infer<typeof reportUpgradeFinished.input>, 'upgradeId' | 'outcome' | 'code' | 'reason'>): Promise<void> {
    await this.#requests.call(reportUpgradeFinished, { agentId: this.id, sentAt: now(), at: now(), ...ended }, { timeoutMs: this.patienceMs(), subject: subjects.agent.report(this.id, 'upgrade-finished') });
  }

  secretsOf(command: RunJob): unknown {
    return command.sealedInputs === '' ? {} : JSON.parse(unpackJson(openBox(this.box, command.sealedInputs, sealedInputsPlace(this.id))));
  }

  async #open(message: Msg): Promise<void> {
    const command = await this.#verified(SignedCommand.parse(message.json()));
    this.received.push(command);
    message.respond(JSON.stringify(command.type === 'read-log' ? this.answerLog(command) : this.answer(command)));
  }

  #readLog({ jobId, attempt, fromSeq, toSeq }: ReadLog): CommandReply {
    const pieces = (this.#kept.get(`${jobId}/${attempt}`) ?? []).map((text, index) => ({ seq: index + 1, at: now(), text }));
    const asked = pieces.filter(({ seq }) => seq >= fromSeq && seq <= toSeq);
    return { outcome: 'log', chunks: asked.slice(0, PIECES_IN_A_REPLY) };
  }

  async #verified({ keyId, command, signature }: z.infer<typeof SignedCommand>): Promise<AgentCommand> {
    // The replica that was asked may be killed just then.
    if (!this.#known?.has(keyId)) this.#known = await eventually(() => this.keys());
    const key = this.#known.get(keyId);
    if (!key || !verifyCommand(key, command, signature)) throw new Error('the signature is not good');
    this.lastKeyId = keyId;
    const parsed = AgentCommand.parse(JSON.parse(command));
    if (parsed.agentId !== this.id) throw new Error('this command is for another agent');
    return parsed;
  }
}

export const newJobId = () => JobId.parse(newId());
