/** An agent on real NATS with the model's journal: it does its steps when told to, and may die between any two of them. */
import { AgentId, type RunJob } from '@citrus/contracts';
import { eventually } from '@citrus/kit-testing';
import { ModelAgent, type Report } from './model/model-agent.ts';
import type { TestAgent } from './test-agent.ts';

const PATIENT = { timeoutMs: 60_000 };

export class KillableAgent {
  readonly model: ModelAgent;
  readonly #texts = new Map<string, readonly string[]>();
  readonly #sent = new Map<string, number>();

  constructor(readonly wire: TestAgent) {
    this.model = new ModelAgent(AgentId.parse(wire.id), () => ({ outcome: 'succeeded', exitCode: 0 }));
    wire.answer = (command) => this.model.obey(command);
  }

  /** It takes the command, which comes by the doorbell or as the answer to its hello. */
  async takes(jobId: string): Promise<RunJob> {
    return await eventually(async () => {
      const rung = this.wire.received.find((command) => command.type === 'run-job' && command.jobId === jobId);
      const [synced] = rung ? [] : await this.wire.hello();
      if (synced) this.wire.received.push(synced);
      const command = rung ?? synced;
      if (command?.type !== 'run-job' || command.jobId !== jobId) throw new Error(`the command for ${jobId} has not come`);
      this.model.obey(command);
      return command;
    }, PATIENT);
  }

  /** Journal and effect: begins the attempt, or does its work. */
  step(): void {
    this.model.step();
    this.wire.running = this.model.running;
  }

  /** As a script's output comes: late ones first, some of them twice. */
  speaks(command: RunJob, texts: readonly string[], upTo = texts.length): void {
    const key = `${command.jobId}/${command.attempt}`;
    this.#texts.set(key, texts);
    this.#sent.set(key, upTo);
    const said = texts.slice(0, upTo);
    const numbers = said.map((_, index) => index + 1);
    for (const seq of [...numbers, ...numbers].toReversed()) this.wire.output(command, said, [seq]);
  }

  /** Tells what it has to tell until it is answered, and the same once more. */
  async tells(): Promise<void> {
    for (const report of this.model.reports()) {
      for (const _ of ['told', 'told again']) await eventually(() => this.#tell(report), PATIENT);
      this.model.answered(report);
    }
  }

  /** A new process with the same journal: it says hello and does what it is told. */
  async diesAndReturns(): Promise<void> {
    this.wire.disconnect();
    this.model.die();
    this.wire.running = null;
    this.wire.received.length = 0;
    this.wire.connect();
    const commands = await eventually(() => this.wire.hello(), PATIENT);
    for (const command of commands) this.model.obey(command);
  }

  async #tell(report: Report): Promise<void> {
    const { what, told } = report;
    if (what === 'started') await this.wire.started(report);
    else if (told) await this.wire.finished(report, { ...told, texts: this.#said(report) });
    this.wire.running = this.model.running;
  }

  #said({ jobId, attempt }: Report): readonly string[] {
    const key = `${jobId}/${attempt}`;
    return (this.#texts.get(key) ?? []).slice(0, this.#sent.get(key));
  }
}
