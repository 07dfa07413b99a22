/** The facts of a stream `app-<id>`; all of them are public and live in contracts. */
import type { AppChangeAdvanced, AppChangeFinished, AppChangeRequested, AppHealthChanged } from '@citrus/contracts';
import type { z } from 'zod';

export type RequestedChange = z.infer<typeof AppChangeRequested>;
export type FinishedChange = z.infer<typeof AppChangeFinished>;

export type AppEvent =
  | { type: 'AppChangeRequested'; data: RequestedChange }
  | { type: 'AppChangeAdvanced'; data: z.infer<typeof AppChangeAdvanced> }
  | { type: 'AppChangeFinished'; data: FinishedChange }
  | { type: 'AppHealthChanged'; data: z.infer<typeof AppHealthChanged> };

export const appStream = (appId: string): string => `app-${appId}`;
