/**
 * Commands arrive as doorbells and in the answers to `sync`; both ways end here. Nothing in a command is believed
 * before its signature, its audience and its time were checked.
 */
import { AgentCommand, SignedCommand, type CommandReply, type SigningKey } from '@citrus/contracts';
import { verifyCommand } from '@citrus/kit-crypto';
import type { Jobs } from './jobs.ts';
import type { Upgrades } from './upgrade/upgrades.ts';
import { readLog, type AttemptName, type LogFolders } from './job-log.ts';
import type { Log } from './log.ts';

export type Refused = Extract<CommandReply, { outcome: 'refused' }>;
export type Verified = { readonly command: AgentCommand } | { readonly refused: Refused };

export type Trust = {
  readonly agentId: string;
  readonly signingKeys: readonly SigningKey[];
  readonly now: number;
  /** How far the control plane's clock is from this one; the last `sync` told. */
  readonly clockOffsetMs: number;
};

export const LEEWAY_MS = 120_000;
/** A doorbell may have been rung by a stranger; an answer to our own `sync` comes from agent-mgmt. */
export type ArrivedBy = 'doorbell' | 'sync';

const refuse = (code: string, reason: string): { refused: Refused } => ({ refused: { outcome: 'refused', code, reason } });

const parseText = (text: string): AgentCommand | undefined => {
  try {
    return AgentCommand.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
};

const checkTime = (command: AgentCommand, { now, clockOffsetMs }: Trust): { refused: Refused } | undefined => {
  const isEarly = Date.parse(command.notBefore) - LEEWAY_MS > now;
  const isLate = Date.parse(command.expiresAt) + LEEWAY_MS < now;
  if (!isEarly && !isLate) return undefined;
  if (Math.abs(clockOffsetMs) > LEEWAY_MS) return refuse('clock.off', `this machine's clock is ${Math.round(-clockOffsetMs / 1000)} seconds ahead of the control plane's; set it`);
  return isEarly ? refuse('command.early', 'the command is not valid yet') : refuse('command.expired', 'the command has expired');
};

/** There is one protocol and one algorithm; whoever offers another one, or none, wants something weaker. */
const checkProtocol = (raw: unknown): { refused: Refused } | undefined => {
  if (typeof raw !== 'object' || raw === null) return undefined;
  if ('alg' in raw || 'protocol' in raw || 'version' in raw) return refuse('protocol.unsupported', 'this agent takes commands of protocol 1 only, signed with Ed25519');
  if ('command' in raw && (!('signature' in raw) || raw.signature === '')) return refuse('signature.missing', 'the command is not signed');
  return undefined;
};

/** Pure: the same text, trust and time give the same verdict. */
export const verify = (raw: unknown, trust: Trust): Verified => {
  const weaker = checkProtocol(raw);
  if (weaker) return weaker;
  const signed = SignedCommand.safeParse(raw);
  if (!signed.success) return refuse('command.malformed', 'this is not a signed command');
  const key = trust.signingKeys.find(({ keyId }) => keyId === signed.data.keyId);
  if (!key) return refuse('key.unknown', 'the command is signed with a key that this agent does not know');
  if (!verifyCommand(key.publicKey, signed.data.command, signed.data.signature)) return refuse('signature.invalid', 'the signature does not fit the command');
  const command = parseText(signed.data.command);
  if (!command) return refuse('command.malformed', 'the signed text is not a command');
  if (command.agentId !== trust.agentId) return refuse('audience.wrong', 'the command is for another agent');
  return checkTime(command, trust) ?? { command };
};

export type CommandsInput = {
  readonly trust: () => Omit<Trust, 'now'>;
  readonly jobs: Jobs;
  readonly upgrades: Pick<Upgrades, 'accept'>;
  readonly logFolders: LogFolders;
  readonly log: Log;
  /** False if they were issued before those that are known. */
  readonly trustKeys: (keys: readonly SigningKey[], issuedAt: string) => boolean;
  readonly onRefused: (refused: Refused & Partial<AttemptName>) => void;
  readonly onUnknownKey: (arrivedBy: ArrivedBy) => void;
};

/** Of a command that was not believed, and only told to agent-mgmt, which sent it itself. */
const jobOf = (raw: unknown): Partial<AttemptName> => {
  const signed = SignedCommand.safeParse(raw);
  const command = signed.success ? parseText(signed.data.command) : undefined;
  return command?.type === 'run-job' ? { jobId: command.jobId, attempt: command.attempt } : {};
};

export const createCommands = ({ trust, jobs, upgrades, logFolders, log, trustKeys, onRefused, onUnknownKey }: CommandsInput) => {
  const obey = (command: AgentCommand): CommandReply => {
    switch (command.type) {
      case 'run-job': return jobs.accept(command);
      case 'cancel-job': return jobs.cancel(command);
      case 'read-log': return { outcome: 'log', chunks: readLog(logFolders, command, command.fromSeq, command.toSeq) };
      case 'agent-upgrade': return upgrades.accept(command);
      case 'ping': return { outcome: 'accepted' };
      case 'trust-keys': return trustKeys(command.keys, command.issuedAt) ? { outcome: 'accepted' } : refuse('keys.outdated', 'newer command keys are known already').refused;
    }
  };
  return (raw: unknown, arrivedBy: ArrivedBy): CommandReply => {
    const verified = verify(raw, { ...trust(), now: Date.now() });
    const reply = 'command' in verified ? obey(verified.command) : verified.refused;
    if (reply.outcome !== 'refused') return reply;
    log.warn('command.refused', { code: reply.code, reason: reply.reason, arrivedBy });
    // A restart is no refusal that anybody has to look into.
    if (reply.code !== 'agent.stopping') onRefused({ ...reply, ...(arrivedBy === 'sync' && jobOf(raw)) });
    if (reply.code === 'key.unknown') onUnknownKey(arrivedBy);
    return reply;
  };
};
