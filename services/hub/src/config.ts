import { ServiceConfig } from '@citrus/kit-service';
import { z } from 'zod';

export const HubConfig = ServiceConfig.extend({
  /** Where people reach the hub; decides the cookie's name, its Secure flag and which Origin is ours. */
  CITRUS_PUBLIC_URL: z.url({ protocol: /^https?$/, error: 'must be the address that people open, e.g. http://127.0.0.1:8080' }),
  /**
   * Proxies in front of the hub, addresses or networks separated by commas: only they are believed about where a person
   * comes from. Without them behind a proxy, all people share one address, and so its limits on guessing passwords.
   */
  CITRUS_TRUSTED_PROXIES: z.string().optional().transform((text) => (text ?? '').split(',').map((one) => one.trim()).filter(Boolean)),
  /** What one person may send to one hub in the long run; ten seconds' worth at once, and an address five times as much. */
  CITRUS_REQUESTS_PER_SECOND: z.coerce.number().int().min(1).max(1_000_000).default(200),
  /** The built panel: a folder with index.html. */
  CITRUS_PANEL_DIR: z.string().min(1),
  /** Files named by the hex SHA-256 of their content: agent bundles, runtimes, install scripts. */
  CITRUS_ARTIFACTS_DIR: z.string().min(1),
});
export type HubConfig = z.infer<typeof HubConfig>;
