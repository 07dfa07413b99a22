/** The facts of a stream `bundle-<id>`; all of them are public and live in contracts. */
import type { BundleCancelRequested, BundleFinished, BundleRequested, BundleRetried, BundleStepBegun, BundleStepEnded, BundleStepHeld, BundleUninstallRequested } from '@citrus/contracts';
import type { z } from 'zod';

export type RequestedBundle = z.infer<typeof BundleRequested>;
export type EndedStep = z.infer<typeof BundleStepEnded>;

export type BundleEvent =
  | { type: 'BundleRequested'; data: RequestedBundle }
  | { type: 'BundleStepHeld'; data: z.infer<typeof BundleStepHeld> }
  | { type: 'BundleStepBegun'; data: z.infer<typeof BundleStepBegun> }
  | { type: 'BundleStepEnded'; data: EndedStep }
  | { type: 'BundleCancelRequested'; data: z.infer<typeof BundleCancelRequested> }
  | { type: 'BundleRetried'; data: z.infer<typeof BundleRetried> }
  | { type: 'BundleUninstallRequested'; data: z.infer<typeof BundleUninstallRequested> }
  | { type: 'BundleFinished'; data: z.infer<typeof BundleFinished> };

export const bundleStream = (installedBundleId: string): string => `bundle-${installedBundleId}`;
