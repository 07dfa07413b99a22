/** How an app stands, in one badge and one line. */
import type { App, Installer } from '../api/types.ts';
import { strings } from '../strings.ts';
import type { Tone } from '../ui/badge.tsx';

const t = strings.apps;

export const badgeOf = ({ state, health }: Pick<App, 'state' | 'health'>): { tone: Tone; text: string } => {
  switch (state) {
    case 'changing': return { tone: 'busy', text: t.state.changing };
    case 'failed': return { tone: 'bad', text: t.state.failed };
    case 'removed': return { tone: 'quiet', text: t.state.removed };
    case 'installed': return { tone: health === 'healthy' ? 'good' : health === 'unhealthy' ? 'bad' : 'quiet', text: t.health[health] };
  }
};

/** What somebody has to know of it now; the step that it is at, or what went wrong and what to do. */
export const noteOf = ({ state, reason, health, healthReason, change }: App): string | undefined => {
  if (change?.status === 'running') return `${t.step[change.step]}${change.cause ? `. ${change.cause}` : ''}`;
  if (change?.status === 'failed' || (change?.status === 'rolled-back' && state === 'installed')) return [change.reason, change.advice].filter((text) => text !== null).join(' ');
  return reason ?? (health === 'unhealthy' ? healthReason ?? undefined : undefined);
};

/** Whether what goes wrong can be undone. */
export const canBackUp = (installer: Installer | undefined): boolean => installer?.scripts.backup !== undefined && installer.scripts.restore !== undefined;
