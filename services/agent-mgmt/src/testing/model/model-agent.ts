/**
 * The agent's part of the bargain, without its machine: the journal of agent/src/journal.ts, its rules for commands, one
 * attempt at a time, reports that are repeated until they are answered. What it forgets when it dies is what the real
 * one forgets; agent/src/jobs.int.spec.ts holds that one to the same rules.
 */
import type { AgentCommand, AgentId, CommandReply, JobId, RunJob } from '@citrus/contracts';
import type { Outcome } from '../../job/job.events.ts';

export type Told = { readonly outcome: Outcome; readonly exitCode: number | null };
type Entry = { readonly jobId: JobId; readonly attempt: number; readonly command?: RunJob; state: 'accepted' | 'started' | 'ended'; told?: Told; isAnswered: boolean; hasRun?: boolean };
export type Report = { readonly agentId: AgentId; readonly what: 'started' | 'finished'; readonly jobId: JobId; readonly attempt: number; readonly told?: Told };

const keyOf = ({ jobId, attempt }: { jobId: string; attempt: number }): string => `${jobId}/${attempt}`;

export class ModelAgent {
  #journal = new Map<string, Entry>();
  #waiting: RunJob[] = [];
  #running: Entry | undefined;
  #begun: Report[] = [];
  /** How often each attempt had an effect on the machine; what nobody but the machine knows. */
  readonly executions = new Map<string, number>();
  readonly ended = new Map<string, Told>();
  isCut = false;

  constructor(readonly id: AgentId, private readonly outcomeOf: (name: { jobId: string; attempt: number }) => Told) {}

  get running(): { jobId: JobId; attempt: number } | null {
    return this.#running ? { jobId: this.#running.jobId, attempt: this.#running.attempt } : null;
  }

  get isBusy(): boolean {
    return this.#running !== undefined || this.#waiting.length > 0;
  }

  obey(command: AgentCommand): CommandReply {
    if (command.type === 'cancel-job') return this.#cancel(command);
    if (command.type === 'run-job') return this.#accept(command);
    return { outcome: 'accepted' };
  }

  /** The next small thing that it does by itself. */
  step(): void {
    if (!this.#running) this.#begin();
    else if (!this.#running.hasRun) this.#execute(this.#running);
    else this.#end(this.#running, this.outcomeOf(this.#running));
  }

  /** What it has to tell now. */
  reports(): Report[] {
    const endings = [...this.#journal.values()].filter(({ state, isAnswered }) => state === 'ended' && !isAnswered);
    return [...this.#begun, ...endings.map(({ jobId, attempt, told }): Report => ({ agentId: this.id, what: 'finished', jobId, attempt, ...(told && { told }) }))];
  }

  answered(report: Report): void {
    if (report.what === 'started') this.#begun = this.#begun.filter((other) => keyOf(other) !== keyOf(report));
    const entry = this.#journal.get(keyOf(report));
    if (entry && report.what === 'finished') entry.isAnswered = true;
  }

  /** Memory is gone, the journal is not: what was begun is lost, what was only taken was never there. */
  die(): void {
    this.#waiting = [];
    this.#begun = [];
    this.#running = undefined;
    for (const [key, entry] of this.#journal) {
      if (entry.state === 'accepted') this.#journal.delete(key);
      if (entry.state === 'started') this.#end(entry, { outcome: 'lost', exitCode: null });
    }
  }

  #accept(command: RunJob): CommandReply {
    const { jobId, attempt } = command;
    const latest = Math.max(0, ...[...this.#journal.values()].filter((entry) => entry.jobId === jobId).map((entry) => entry.attempt));
    if (attempt < latest) return { outcome: 'refused', code: 'attempt.outdated', reason: 'a later attempt is known' };
    const known = this.#journal.get(keyOf(command));
    if (known?.state === 'ended') known.isAnswered = false;
    if (known) return { outcome: 'accepted' };
    this.#journal.set(keyOf(command), { jobId, attempt, command, state: 'accepted', isAnswered: false });
    this.#waiting.push(command);
    return { outcome: 'accepted' };
  }

  #cancel(name: { jobId: JobId; attempt: number }): CommandReply {
    const known = this.#journal.get(keyOf(name));
    if (known?.state === 'ended') known.isAnswered = false;
    else {
      this.#waiting = this.#waiting.filter((command) => keyOf(command) !== keyOf(name));
      this.#end(known ?? { ...name, state: 'accepted', isAnswered: false }, { outcome: 'cancelled', exitCode: null });
    }
    return { outcome: 'accepted' };
  }

  #begin(): void {
    const command = this.#waiting.shift();
    const entry = command && this.#journal.get(keyOf(command));
    if (!entry) return;
    entry.state = 'started';
    this.#running = entry;
    this.#begun.push({ agentId: this.id, what: 'started', jobId: entry.jobId, attempt: entry.attempt });
  }

  #execute(entry: Entry): void {
    entry.hasRun = true;
    this.executions.set(keyOf(entry), (this.executions.get(keyOf(entry)) ?? 0) + 1);
  }

  #end(entry: Entry, told: Told): void {
    Object.assign(entry, { state: 'ended', told, isAnswered: false });
    this.#journal.set(keyOf(entry), entry);
    this.ended.set(keyOf(entry), told);
    if (this.#running && keyOf(this.#running) === keyOf(entry)) this.#running = undefined;
  }
}
