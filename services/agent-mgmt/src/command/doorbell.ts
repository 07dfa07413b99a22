/**
 * Signs commands and rings at the agent's door: one core request. Nobody there, or no answer in time, is no failure:
 * the attempt stays open, and the agent gets the same command, signed anew, when it next says hello.
 */
import { canonicalJson, CommandReply, subjects, type AgentCommand, type SignedCommand } from '@citrus/contracts';
import type { Logger } from '@citrus/kit-messaging';
import type { NatsConnection } from '@nats-io/nats-core';
import type { CommandKeys, SecretSigningKey } from './command-keys.ts';

const ANSWER_WITHIN_MS = 5000;

export const signWith = ({ keyId, sign: signatureOf }: SecretSigningKey, command: AgentCommand): SignedCommand => {
  const text = canonicalJson(command);
  return { keyId, command: text, signature: signatureOf(text) };
};

/** `knownIds`: the keys that the agent says it knows, if it says so. */
export const sign = async (keys: CommandKeys, command: AgentCommand, knownIds?: readonly string[]): Promise<SignedCommand> => {
  return signWith(await keys.signing(knownIds), command);
};

export class Doorbell {
  constructor(
    private readonly nats: NatsConnection,
    private readonly keys: CommandKeys,
    private readonly logger: Logger,
  ) {}

  async ring(command: AgentCommand): Promise<CommandReply | 'unreachable'> {
    const signed = await sign(this.keys, command);
    let body: unknown;
    try {
      const answer = await this.nats.request(subjects.agent.command(command.agentId), JSON.stringify(signed), { timeout: ANSWER_WITHIN_MS });
      body = answer.json();
    } catch (error) {
      this.logger.debug({ event: 'doorbell.unanswered', agent_id: command.agentId, command: command.type, err: error }, 'the agent does not answer now');
      return 'unreachable';
    }
    const reply = CommandReply.safeParse(body);
    if (reply.success) return reply.data;
    this.logger.warn({ event: 'doorbell.strange_answer', agent_id: command.agentId, command: command.type }, 'the agent answered something that is no answer');
    return 'unreachable';
  }
}
