import type { InstalledBundle, InstalledBundleApp } from '@citrus/contracts';
import { Badge, type Tone } from '../ui/badge.tsx';
import { words } from './words.ts';

const LOOKS: Record<InstalledBundle['status'], { tone: Tone }> = {
  installing: { tone: 'busy' }, installed: { tone: 'good' }, uninstalling: { tone: 'busy' }, removed: { tone: 'quiet' }, cancelling: { tone: 'busy' }, cancelled: { tone: 'quiet' }, failed: { tone: 'bad' },
};
const APP_LOOKS: Record<InstalledBundleApp['status'], { tone: Tone }> = {
  waiting: { tone: 'quiet' }, running: { tone: 'busy' }, installed: { tone: 'good' }, skipped: { tone: 'good' }, 'left-out': { tone: 'quiet' }, failed: { tone: 'bad' }, cancelled: { tone: 'quiet' }, removed: { tone: 'quiet' }, kept: { tone: 'quiet' },
};

export const isOver = ({ status }: InstalledBundle): boolean => status !== 'installing' && status !== 'uninstalling' && status !== 'cancelling';
export const BundleBadge = ({ status }: Pick<InstalledBundle, 'status'>) => <Badge {...LOOKS[status]}>{words.status[status]}</Badge>;
export const AppBadge = ({ status }: Pick<InstalledBundleApp, 'status'>) => <Badge {...APP_LOOKS[status]}>{words.appStatus[status]}</Badge>;
export const touchedBy = ({ stream }: { stream: string }): boolean => stream.startsWith('bundle-');
