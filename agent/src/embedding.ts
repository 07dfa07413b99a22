/**
 * The agent for a process that runs many of them, each with a state folder of its own and a machine that is played:
 * what `citrus-swarm` is made of. The program on a server has its own entry, `main.ts`.
 */
import type * as Bundling from '../bundle-agent.ts';
import type * as ControlPlanes from './testing/control-plane.ts';
import { AgentWelcome } from '@citrus/contracts';
import { join } from 'node:path';
import { z } from 'zod';
import { readIfThere, writeDurably } from './files.ts';

export { runAgent, type Machine } from './agent.ts';
export { AgentConfig } from './config.ts';
export { collectFacts } from './facts.ts';
export { leavingFrom } from './http.ts';
export { describe, type Log } from './log.ts';
export { createMeasuring, type Measurements } from './measurements.ts';

/** An agent that was enrolled elsewhere: its keys and what the hub answered. */
export const EnrolledAgent = z.object({ nkeySeed: z.string(), box: z.object({ publicKey: z.string(), privateKey: z.string() }), welcome: AgentWelcome });
export type EnrolledAgent = z.infer<typeof EnrolledAgent>;

/** Writes down what an enrolment would have left in the state folder; an identity that is there already stays. */
export const installIdentity = (stateDir: string, { nkeySeed, box, welcome }: EnrolledAgent): void => {
  const file = join(stateDir, 'keys', 'identity.json');
  if (readIfThere(file) !== undefined) return;
  writeDurably(join(stateDir, 'keys', 'agent-keys.json'), JSON.stringify({ nkeySeed, box }));
  writeDurably(file, JSON.stringify({ ...welcome, receivedAt: new Date().toISOString(), tokenHash: '' }));
};

/** What only a benchmark of the shipped program needs, loaded when it is asked for: the bundle, and the other side of the wire. */
export const bundling = async (): Promise<typeof Bundling> => await import('../bundle-agent.ts');
export const controlPlanes = async (): Promise<typeof ControlPlanes> => await import('./testing/control-plane.ts');
