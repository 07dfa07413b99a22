/**
 * Tells whoever runs the installation how to get in, while nobody is there: one line on the console, for people, with the
 * link. The log says the same without it, because logs are kept and copied.
 */
import type { Logger } from '@citrus/kit-messaging';
import type { ClaimTokens } from './claim-token.ts';
import type { Claim } from './claim.ts';

type Parts = { readonly claim: Pick<Claim, 'isOpen'>; readonly tokens: ClaimTokens; readonly publicUrl: string | undefined; readonly logger: Logger; readonly write?: (line: string) => unknown };

export const announceClaim = async ({ claim, tokens, publicUrl, logger, write = (line) => process.stderr.write(line) }: Parts): Promise<void> => {
  if (!(await claim.isOpen())) return;
  write(`Citrus has no owner yet. Open ${publicUrl?.replace(/\/+$/, '') ?? '<the address of Citrus>'}/claim#${tokens.current()} to become it. The link is good until somebody has.\n`);
  logger.warn({ event: 'installation.unclaimed' }, 'nobody owns this installation yet; the link to claim it is on the console (stderr) of auth');
};
