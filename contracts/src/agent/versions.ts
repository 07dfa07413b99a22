/** What people call agents, and how the versions of their programs stand. */
import { z } from 'zod';
import { Instant } from '../ids.ts';

/** Words that people put on an agent, to find its server by: a key alone, or a key and a value. */
const LABEL = /^[a-z0-9](?:[a-z0-9_.-]{0,61}[a-z0-9])?$/;
export const AgentLabelKey = z.string().regex(LABEL, 'is 1 to 63 lower-case letters, digits, dots, dashes and underscores, with a letter or digit at both ends');
export const AgentLabels = z.record(AgentLabelKey, z.union([z.literal(''), AgentLabelKey]));
export type AgentLabels = z.infer<typeof AgentLabels>;
export const MOST_LABELS = 32;
/** `env=prod` of a label with a value, `canary` of one without. */
export const labelTextsOf = (labels: AgentLabels): string[] => Object.entries(labels).flatMap(([key, value]) => (value === '' ? [key] : [key, `${key}=${value}`]));

/** Which upgrades were asked for together, and how many of them may be under way, and fail, before the rest is called off. */
export const UpgradeWave = z.object({ waveId: z.uuid(), place: z.int().nonnegative(), atOnce: z.int().positive(), maxFailures: z.int().nonnegative() });
export type UpgradeWave = z.infer<typeof UpgradeWave>;
/** How the last upgrade of an agent stands. */
export const AgentUpgradeStatus = z.object({
  upgradeId: z.uuid(), waveId: z.uuid(), status: z.enum(['waiting', 'begun', 'upgraded', 'failed']), version: z.string(),
  code: z.string().nullable(), reason: z.string().nullable(), isReverted: z.boolean(), at: Instant,
});
export type AgentUpgradeStatus = z.infer<typeof AgentUpgradeStatus>;
/** `by-hand`: there is a newer build, and this agent is too old to be told to fetch it. */
export const AgentUpdate = z.enum(['none', 'available', 'by-hand', 'unknown']);
export type AgentUpdate = z.infer<typeof AgentUpdate>;
