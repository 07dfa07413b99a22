/** The facts of a stream `run-<runId>`; all of them are public and live in contracts. */
import type { RunAbortRequested, RunAdvanced, RunCreated, RunFinished, RunPaused, RunResumed, RunServersHeld, RunServersRefused } from '@citrus/contracts';
import type { z } from 'zod';

export type CreatedRun = z.infer<typeof RunCreated>;
export type RefusedServer = z.infer<typeof RunServersRefused>['servers'][number];
export type HeldServer = z.infer<typeof RunServersHeld>['servers'][number];

export type RunEvent =
  | { type: 'RunCreated'; data: CreatedRun }
  | { type: 'RunAdvanced'; data: z.infer<typeof RunAdvanced> }
  | { type: 'RunServersHeld'; data: z.infer<typeof RunServersHeld> }
  | { type: 'RunServersRefused'; data: z.infer<typeof RunServersRefused> }
  | { type: 'RunPaused'; data: z.infer<typeof RunPaused> }
  | { type: 'RunResumed'; data: z.infer<typeof RunResumed> }
  | { type: 'RunAbortRequested'; data: z.infer<typeof RunAbortRequested> }
  | { type: 'RunFinished'; data: z.infer<typeof RunFinished> };

export const runStream = (runId: string): string => `run-${runId}`;
