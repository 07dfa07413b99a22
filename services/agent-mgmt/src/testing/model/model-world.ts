/** Replicas, agents, a network that loses, doubles and reorders, and somebody who kills and cancels; all by one seed. */
import { AgentId, JobId, type AgentCommand } from '@citrus/contracts';
import { Refusal } from '@citrus/kit-domain';
import { agentId as sampleAgent, at, job as sampleJob } from '../../job/job.samples.ts';
import type { QueuedJob } from '../../job/job.events.ts';
import { ModelAgent, type Report, type Told } from './model-agent.ts';
import { RUN_LEASE_MS, startModelReplica, type Replica } from './model-replica.ts';
import { ModelRows, type DoorbellReply } from './model-rows.ts';
import { chanceOf, settled, Turns } from './turns.ts';

const ROUNDS = 500;
const SOON = 100;
const BEGIN = Date.parse(at(0));
const OUTCOMES: readonly Told[] = [
  { outcome: 'succeeded', exitCode: 0 }, { outcome: 'succeeded', exitCode: 0 }, { outcome: 'failed', exitCode: 2 }, { outcome: 'failed', exitCode: 2 },
  { outcome: 'failed', exitCode: 1 }, { outcome: 'failed', exitCode: 3 }, { outcome: 'timed_out', exitCode: 124 },
];
/** Of what is on the wire: how often it gets lost, and how often it comes again later. */
export type Weather = { readonly lost: number; readonly doubled: number; readonly kills: boolean; readonly cancels: boolean; readonly clockJumpsMs: number };
type Late = { readonly agent: ModelAgent; readonly command: AgentCommand };

export class ModelWorld {
  readonly rows = new ModelRows();
  readonly turns: Turns;
  readonly agents: ModelAgent[];
  readonly cancelled = new Set<string>();
  readonly problems: string[] = [];
  /** Its machine was thrown away while it worked. */
  gone: ModelAgent | undefined;
  #replicas: Replica[] = [];
  #late: Late[] = [];
  #lateReports: Report[] = [];
  #now = BEGIN;
  #asked = 0;
  #hellos = new Set<ModelAgent>();
  #weather: Weather;
  readonly #chance: () => number;

  constructor(seed: number, weather: Weather) {
    this.#weather = weather;
    this.#chance = chanceOf(seed);
    this.turns = new Turns(this.#chance);
    // How an attempt ends follows from its name, so that telling it twice tells the same.
    const outcomeOf = ({ jobId, attempt }: { jobId: string; attempt: number }) => OUTCOMES[Math.floor(chanceOf(seed ^ (Number.parseInt(jobId.slice(-4), 16) * 31 + attempt))() * OUTCOMES.length)]!;
    this.agents = [0, 1].map((index) => new ModelAgent(AgentId.parse(`${sampleAgent}-${index}`), outcomeOf));
    this.#replicas = [this.#start(), this.#start()];
  }

  #isLucky(share: number): boolean {
    return this.#chance() < share;
  }

  #start(): Replica {
    return startModelReplica({ rows: this.rows, turns: this.turns, now: () => new Date(this.#now), ring: (command) => this.#ring(command) });
  }

  queue(count: number): void {
    for (let index = 0; index < count; index += 1) {
      this.#asked += 1;
      const agent = this.agents[this.#asked % this.agents.length]!;
      const now = new Date(this.#now).toISOString();
      const job: QueuedJob = { ...sampleJob, jobId: JobId.parse(`0198c2a0-0000-7000-8000-00000000${(0x1000 + this.#asked).toString(16)}`), agentId: agent.id, idempotent: this.#isLucky(0.5), at: now, expiresAt: new Date(this.#now + 86_400_000).toISOString() };
      this.rows.handle(job.jobId, { type: 'QueueJob', data: job }, `queue ${job.jobId}`);
    }
  }

  /** One thing happens. */
  async step(): Promise<void> {
    const happenings = [
      () => this.turns.next(), () => this.turns.next(), () => this.turns.next(), () => this.turns.next(),
      () => this.#turn(), () => this.#turn(), () => this.rows.project(), () => this.rows.project(),
      () => this.turns.pick(this.agents)?.step(), () => this.turns.pick(this.agents)?.step(), () => this.#report(), () => this.#report(),
      () => this.#beat(), () => this.#hello(), () => this.#late.length > 0 && this.#deliverLate(), () => this.#repeatReport(), () => this.#pass(1 + this.#chance() * 4000),
      ...(this.#weather.cancels ? [() => this.#isLucky(0.1) && this.#cancel()] : []),
      ...(this.#weather.kills ? [() => this.#isLucky(0.3) && this.#killReplica(), () => this.#isLucky(0.2) && this.#killAgent(), () => this.#isLucky(0.3) && this.#cut(), () => this.#isLucky(0.4) && this.#pass(this.#chance() * this.#weather.clockJumpsMs)] : []),
    ];
    this.turns.pick(happenings)?.();
    await settled();
    for (const agent of this.agents) if (this.rows.openOf(agent.id).length > 1) this.problems.push(`two open jobs at ${agent.id}`);
  }

  /** The weather clears up and nobody dies any more: from here on everything has to come to its end, also where an agent never comes back. */
  async settle({ hasGone }: { hasGone: boolean }): Promise<void> {
    this.#weather = { lost: 0, doubled: 0, kills: false, cancels: false, clockJumpsMs: 0 };
    const [first, ...others] = this.agents;
    const staying = hasGone ? others : this.agents;
    for (const agent of this.agents) agent.isCut = !staying.includes(agent);
    if (hasGone) this.gone = first;
    for (let round = 0; round < ROUNDS; round += 1) {
      while (this.rows.isBehind) this.rows.project();
      for (const _ of this.agents) this.#beat(_);
      this.#turn(this.#replicas[0]);
      for (const agent of staying) {
        this.#hello(agent);
        while (agent.isBusy) agent.step();
        for (const report of agent.reports()) this.#tell(agent, report);
      }
      await settled();
      while (this.turns.hasWaiting) {
        this.turns.next();
        await settled();
      }
      if (this.rows.allEnded && !this.rows.isBehind && this.rows.leases.size === 0 && staying.every((agent) => agent.reports().length === 0)) return;
      this.#pass(round < SOON ? 2000 : 600_000);
    }
  }

  #pass(ms: number): void {
    this.#now += Math.floor(ms);
  }

  #turn(replica = this.turns.pick(this.#replicas)): void {
    if (!replica || replica.turning) return;
    replica.turning = true;
    void this.#turnOf(replica);
  }

  async #turnOf(replica: Replica): Promise<void> {
    try {
      await replica.dispatcher.turn();
    } catch (error) {
      this.rows.faults.push(error);
    }
    replica.turning = false;
  }

  #beat(agent = this.turns.pick(this.agents)): void {
    if (agent && !agent.isCut) this.rows.beat(agent.id, agent.running, { now: new Date(this.#now), leaseMs: RUN_LEASE_MS });
  }

  #hello(agent = this.turns.pick(this.agents)): void {
    const replica = this.turns.pick(this.#replicas);
    if (!agent || !replica || agent.isCut || this.#hellos.has(agent)) return;
    this.#hellos.add(agent);
    this.#beat(agent);
    const answer = (command: AgentCommand | undefined) => {
      this.#hellos.delete(agent);
      if (command && !this.#isLucky(this.#weather.lost)) this.#obey(agent, command, replica);
    };
    void replica.dispatcher.commandFor(agent.id).then(answer, (error: unknown) => this.rows.faults.push(error));
  }

  #obey(agent: ModelAgent, command: AgentCommand, replica: Replica): DoorbellReply {
    if (this.#isLucky(this.#weather.doubled)) this.#late.push({ agent, command });
    const reply = agent.obey(command);
    if (reply.outcome !== 'refused' || command.type !== 'run-job') return reply;
    const refusal = { agentId: agent.id, sentAt: '', at: '', code: reply.code, reason: reply.reason, jobId: command.jobId, attempt: command.attempt };
    void replica.reports.commandRefused(refusal as never, {} as never).catch((error: unknown) => this.#told(error));
    return reply;
  }

  async #ring(command: AgentCommand): Promise<DoorbellReply> {
    const agent = this.agents.find(({ id }) => id === command.agentId);
    if (!agent || agent.isCut || this.#isLucky(this.#weather.lost)) return 'unreachable';
    if (this.#isLucky(this.#weather.doubled)) this.#late.push({ agent, command });
    const reply = agent.obey(command);
    return this.#isLucky(this.#weather.lost) ? 'unreachable' : reply;
  }

  /** An old copy of a command; a real agent refuses one whose time is over. */
  #deliverLate(): void {
    const late = this.turns.pick(this.#late);
    if (late && !late.agent.isCut && Date.parse(late.command.expiresAt) > this.#now) late.agent.obey(late.command);
  }

  #report(): void {
    const agent = this.turns.pick(this.agents);
    const report = agent && this.turns.pick(agent.reports());
    if (agent && report && !agent.isCut && !this.#isLucky(this.#weather.lost)) this.#tell(agent, report);
  }

  /** An old copy of a report. */
  #repeatReport(): void {
    const report = this.turns.pick(this.#lateReports);
    const agent = report && this.agents.find(({ id }) => id === report.agentId);
    if (agent && report) this.#tell(agent, report);
  }

  #tell(agent: ModelAgent, report: Report): void {
    const replica = this.turns.pick(this.#replicas);
    if (!replica) return;
    if (this.#isLucky(this.#weather.doubled)) this.#lateReports.push(report);
    const { jobId, attempt, agentId, told } = report;
    const body = { agentId, jobId, attempt, sentAt: '', at: '', logChunks: 0, logDigest: '', ...told };
    const answer = report.what === 'started' ? replica.reports.started(body, {} as never) : replica.reports.finished(body as never, {} as never);
    void answer.then(() => void (this.#isLucky(this.#weather.lost) || agent.answered(report)), (error: unknown) => this.#told(error));
  }

  #told(error: unknown): void {
    if (!(error instanceof Refusal)) this.rows.faults.push(error);
  }

  #cancel(): void {
    const jobId = this.turns.pick(this.rows.jobIds());
    if (jobId === undefined) return;
    try {
      if (this.rows.handle(jobId, { type: 'RequestCancel', data: { at: new Date(this.#now).toISOString() } }, `cancel ${this.#chance()}`).events.length > 0) this.cancelled.add(jobId);
      this.rows.checkAt(jobId, new Date(this.#now));
    } catch (error) {
      this.#told(error);
    }
  }

  #killReplica(): void {
    const index = Math.floor(this.#chance() * this.#replicas.length);
    this.turns.kill(this.#replicas[index]!);
    this.#hellos.clear();
    this.#replicas[index] = this.#start();
  }

  #killAgent(): void {
    this.turns.pick(this.agents)?.die();
  }

  #cut(): void {
    const agent = this.turns.pick(this.agents);
    if (agent) agent.isCut = this.#isLucky(0.5);
  }
}
