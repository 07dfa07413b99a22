/** The frame of a room: its title is the tab's title and takes the focus, so that a screen reader says where one is. */
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { Link } from 'wouter-preact';
import { strings } from '../strings.ts';
import { Icon } from './icon.tsx';

type Crumb = { readonly text: string; readonly href: string };
type PageProps = { title: string; crumbs?: Crumb[]; beside?: ComponentChildren; actions?: ComponentChildren; children: ComponentChildren };

export const Page = ({ title, crumbs = [], beside, actions, children }: PageProps) => {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => { document.title = `${title} · ${strings.product}`; }, [title]);
  useEffect(() => {
    if (!document.activeElement || document.activeElement === document.body) heading.current?.focus({ preventScroll: true });
  }, []);
  return (
    <main id="content" class="page">
      {crumbs.length > 0 && (
        <nav class="crumbs" aria-label={strings.shell.breadcrumb}>
          {crumbs.map(({ text, href }) => <span key={href}><Link href={href}>{text}</Link><Icon name="chevron" /></span>)}
        </nav>
      )}
      <header class="page-head">
        <div class="page-title">
          <h1 ref={heading} tabIndex={-1}>{title}</h1>
          {beside}
        </div>
        {actions && <div class="actions">{actions}</div>}
      </header>
      {children}
    </main>
  );
};

export const Panel = ({ title, aside, children, id }: { title: string; aside?: ComponentChildren; children: ComponentChildren; id?: string }) => (
  <section class="panel" aria-label={title} id={id}>
    <header class="panel-head"><h2>{title}</h2>{aside}</header>
    {children}
  </section>
);

export const Empty = ({ title, children }: { title: string; children?: ComponentChildren }) => (
  <div class="empty"><p class="empty-title">{title}</p>{children}</div>
);
