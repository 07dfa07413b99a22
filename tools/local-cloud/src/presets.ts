import { type RateLimits } from './api/rate-limit.ts';
import { type Timing } from './cloud/cloud.ts';
import { type DriverName } from './driver/choose-driver.ts';

/** How kind the cloud is when nothing else is said. */
export type Preset = { driver: DriverName; limits: RateLimits & { droplets: number }; timing: Timing; lazy: boolean };
export const presetNames = ['usual', 'bench'] as const;

export const presets: Readonly<Record<(typeof presetNames)[number], Preset>> = {
  /** The limits of a real account, and delays that a person notices. */
  usual: {
    driver: 'auto',
    limits: { droplets: 25, requestsPerMinute: 250, requestsPerHour: 5000 },
    timing: { activeAfterMs: 1000, actionTakesMs: 300, deleteTakesMs: 500 },
    lazy: false,
  },
  /**
   * To measure what uses the cloud, not the cloud: droplets without machines, active at once, no limit that is met. A
   * client learns of the limits from the headers; the minute is a twentieth of the hour, as on the real service.
   */
  bench: {
    driver: 'none',
    limits: { droplets: 100_000, requestsPerMinute: 300_000, requestsPerHour: 6_000_000 },
    timing: { activeAfterMs: 0, actionTakesMs: 0, deleteTakesMs: 0 },
    lazy: true,
  },
};
