/**
 * Refusals that pass by themselves: the server is still being made, its making has not been heard of yet, or an installer
 * is being mended. Whoever asked for one job is told at once and can ask again; a run or a bundle, which nobody stands
 * beside, waits for so long and says what for. docs/adr/0050.
 */
type Passing = { readonly minutes: number; readonly waitsFor: (reason: string) => string };

const PASSING: Readonly<Record<string, Passing>> = {
  /** As long as a queued job waits for a server that is not reachable. */
  'server.not_ready': { minutes: 24 * 60, waitsFor: () => 'Waiting for the server to be active: its agent has not reported in yet.' },
  /** It is made, and this service hears of it a moment later; what is nobody's server never passes. */
  'server.unknown': { minutes: 10, waitsFor: () => 'Waiting to hear of this server, which may just have been made.' },
  'installer.unknown': { minutes: 60, waitsFor: (reason) => `Waiting for the installer: ${reason}` },
};

export type Refused = { readonly code: string; readonly reason: string };
/** What is waited for, since when, and until when. */
export type Hold = { readonly code: string; readonly since: string; readonly until: string };

const span = (minutes: number): string => (minutes < 60 ? `${minutes} minutes` : minutes === 60 ? 'an hour' : `${minutes / 60} hours`);

/** How long work goes on waiting that met this refusal, having waited since then; undefined when it does not pass by itself. */
const holdOn = ({ code }: Refused, since: string): Hold | undefined => {
  const passing = Object.hasOwn(PASSING, code) ? PASSING[code] : undefined;
  return passing && { code, since, until: new Date(Date.parse(since) + passing.minutes * 60_000).toISOString() };
};

export const passesByItself = ({ code }: Pick<Refused, 'code'>): boolean => Object.hasOwn(PASSING, code);

/** What waits, in words; the reason itself tells a person to try again. */
export const waitingFor = ({ code, reason }: Refused): string => PASSING[code]?.waitsFor(reason) ?? reason;

export type Patience = { readonly verdict: 'held'; readonly hold: Hold; readonly isNews: boolean } | { readonly verdict: 'refused'; readonly reason: string };

/** Whether to wait, or to wait no longer. What is waited for may change meanwhile; since when stays. */
export const patienceWith = (refused: Refused, { before, at }: { readonly before: Hold | undefined; readonly at: string }): Patience => {
  const hold = holdOn(refused, before?.since ?? at);
  if (!hold) return { verdict: 'refused', reason: refused.reason };
  if (at >= hold.until) return { verdict: 'refused', reason: `${refused.reason} This was waited for ${span(PASSING[refused.code]?.minutes ?? 0)}.` };
  return { verdict: 'held', hold, isNews: before?.code !== refused.code };
};
