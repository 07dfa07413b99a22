/** One vocabulary of states everywhere: a word, a shape and a colour that all say the same. */
import { Icon, Slice, type IconName } from './icon.tsx';

export type Tone = 'good' | 'bad' | 'busy' | 'warn' | 'quiet';

const ICONS: Record<Exclude<Tone, 'busy'>, IconName> = { good: 'check', bad: 'cross', warn: 'warning', quiet: 'dot' };

export const Badge = ({ tone, icon, children }: { tone: Tone; icon?: IconName; children: string }) => (
  <span class={`badge ${tone}`}>
    {tone === 'busy' ? <Slice turning /> : <Icon name={icon ?? ICONS[tone]} />}
    {children}
  </span>
);
