import { Link, useLocation } from 'wouter-preact';
import type { App, Catalogue, LiveServer, Page as PageOf } from '../api/types.ts';
import { useResource } from '../live/resource.ts';
import { may } from '../session/rights.ts';
import { strings } from '../strings.ts';
import { Ago } from '../ui/ago.tsx';
import { Badge } from '../ui/badge.tsx';
import { Icon } from '../ui/icon.tsx';
import { Empty, Panel } from '../ui/page.tsx';
import { AppActions } from './app-actions.tsx';
import { badgeOf, noteOf } from './app-state.ts';
import { pageOf } from './installed-apps.ts';

const t = strings.apps;

const useApps = (serverId: string) =>
  useResource<PageOf<App>>(`/api/servers/${serverId}/apps?limit=200`, { touchedBy: ({ stream }) => stream.startsWith('job-') || stream.startsWith('app-'), everyMs: 10_000 });

const AppRow = ({ app, server, catalogue, onDone }: { app: App; server: LiveServer; catalogue: Catalogue | undefined; onDone: () => Promise<void> }) => {
  const installer = catalogue?.items.find(({ id }) => id === app.installer);
  const page = app.state === 'removed' ? undefined : pageOf(installer, server, app.inputs);
  const name = installer?.name ?? app.installer;
  const [badge, note] = [badgeOf(app), noteOf(app)];
  const jobId = app.change?.status === 'running' ? app.change.jobId : app.lastJob?.id;
  return (
    <li class="app">
      <span class="app-letter" aria-hidden="true">{name.slice(0, 1).toUpperCase()}</span>
      <div class="app-text">
        <p><strong>{name}</strong> <span class="fine">{app.version}</span> <Badge tone={badge.tone}>{badge.text}</Badge></p>
        {note && <p>{note}</p>}
        <p class="fine">
          {app.state === 'installed' && app.health !== 'unknown' && app.healthSince && <>{t.since}<Ago at={app.healthSince} /> · </>}
          {jobId && <Link href={`/jobs/${jobId}`}>{app.lastJob ? t.lastJob(strings.jobs.action[app.lastJob.action]) : t.itsJob} <Ago at={app.lastJob?.at ?? app.updatedAt} /></Link>}
        </p>
        {server.status === 'active' && may('operator') && installer && <AppActions app={app} installer={installer} onDone={onDone} />}
      </div>
      <div class="app-open">
        {page && <a class="button small" href={page} target="_blank" rel="noreferrer" aria-label={t.openApp(name)}>{t.open}<Icon name="external" /></a>}
      </div>
    </li>
  );
};

export const AppsPanel = ({ server }: { server: LiveServer }) => {
  const [, goTo] = useLocation();
  const catalogue = useResource<Catalogue>('/api/installers').data.value;
  const resource = useApps(server.id);
  const apps = resource.data.value?.items ?? [];
  const canInstall = server.status === 'active';
  const install = <button type="button" class="small" disabled={!canInstall} onClick={() => goTo(`/servers/${server.id}/install`)}><Icon name="plus" />{t.install}</button>;
  return (
    <Panel title={t.title} aside={may('operator') && install}>
      {apps.length === 0
        ? <Empty title={t.none}><p>{canInstall ? may('operator') && t.noneHint : t.notYet}</p></Empty>
        : <ul class="apps">{apps.map((app) => <AppRow key={app.installer} app={app} server={server} catalogue={catalogue} onDone={resource.refresh} />)}</ul>}
    </Panel>
  );
};
