import { Link, useLocation } from 'wouter-preact';
import type { Catalogue, Job, LiveServer } from '../api/types.ts';
import { useResource } from '../live/resource.ts';
import { may } from '../session/rights.ts';
import { strings } from '../strings.ts';
import { Ago } from '../ui/ago.tsx';
import { Icon } from '../ui/icon.tsx';
import { Empty, Panel } from '../ui/page.tsx';
import { installedApps, pageOf, type InstalledApp } from './installed-apps.ts';

const t = strings.apps;

const AppRow = ({ app, server, catalogue }: { app: InstalledApp; server: LiveServer; catalogue: Catalogue | undefined }) => {
  const installer = catalogue?.items.find(({ id }) => id === app.installer);
  const page = pageOf(installer, server, app.inputs);
  const name = installer?.name ?? app.installer;
  return (
    <li class="app">
      <span class="app-letter" aria-hidden="true">{name.slice(0, 1).toUpperCase()}</span>
      <div class="app-text">
        <p><strong>{name}</strong> <span class="fine">{app.version}</span></p>
        <p class="fine"><Link href={`/jobs/${app.job.id}`}>{t.installed} <Ago at={app.job.finishedAt ?? app.job.updatedAt} /></Link></p>
      </div>
      <div class="app-actions">
        {page && <a class="button small" href={page} target="_blank" rel="noreferrer" aria-label={t.openApp(name)}>{t.open}<Icon name="external" /></a>}
        {server.status === 'active' && may('operator') && installer?.scripts.uninstall && <Link className="button small plain" href={`/servers/${server.id}/install/${app.installer}?action=uninstall`} aria-label={t.uninstallApp(name)}>{t.uninstall}</Link>}
      </div>
    </li>
  );
};

export const AppsPanel = ({ server, jobs }: { server: LiveServer; jobs: readonly Job[] }) => {
  const [, goTo] = useLocation();
  const catalogue = useResource<Catalogue>('/api/installers').data.value;
  const apps = installedApps(jobs);
  const canInstall = server.status === 'active';
  const install = <button type="button" class="small" disabled={!canInstall} onClick={() => goTo(`/servers/${server.id}/install`)}><Icon name="plus" />{t.install}</button>;
  return (
    <Panel title={t.title} aside={may('operator') && install}>
      {apps.length === 0
        ? <Empty title={t.none}><p>{canInstall ? may('operator') && t.noneHint : t.notYet}</p></Empty>
        : <ul class="apps">{apps.map((app) => <AppRow key={app.installer} app={app} server={server} catalogue={catalogue} />)}</ul>}
    </Panel>
  );
};
