/** The two ways to look at what happened: one after another, or as it stood at a moment. */
import { Link, useLocation } from 'wouter-preact';
import { words as t } from './words.ts';

const VIEWS = [{ href: '/events', text: t.timeline }, { href: '/events/fleet', text: t.fleet }] as const;

export const Views = () => {
  const [path] = useLocation();
  const here = path === '/events/fleet' ? '/events/fleet' : '/events';
  return (
    <nav class="views" aria-label={t.views}>
      {VIEWS.map(({ href, text }) => <Link key={href} href={href} aria-current={href === here ? 'page' : undefined}>{text}</Link>)}
    </nav>
  );
};
