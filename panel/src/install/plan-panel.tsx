/** What will change on the server, before anything does. */
import type { Installer, InstallerPlan, LiveServer } from '../api/types.ts';
import { afterInstall } from '../servers/installed-apps.ts';
import { strings } from '../strings.ts';
import { Panel } from '../ui/page.tsx';
import { formatDuration } from '../ui/time.ts';

const t = strings.install;

export const PlanPanel = ({ plan: { action, inputs, changes }, installer, server }: { plan: InstallerPlan; installer: Installer; server: LiveServer }) => {
  const text = action === 'install' ? afterInstall(installer, server, inputs) : undefined;
  // What is not answered yet, or not well, is no part of it.
  const afterwards = text?.includes('{{') ? undefined : text;
  return (
    <Panel title={t.plan}>
      <ul class="requirements">
        <li class="quiet">{t.runsScript(changes.script, formatDuration(changes.timeoutSeconds * 1000))}</li>
        {changes.ports.map(({ port, protocol, purpose, public: isPublic }) => <li key={`${protocol}${port}`} class="quiet">{t.opens(`${port}/${protocol}`, purpose, isPublic)}</li>)}
        {changes.files.map(({ path, purpose }) => <li key={path} class="quiet"><span><span class="mono">{path}</span> – {purpose}</span></li>)}
        {afterwards && <li class="quiet">{t.afterwards(afterwards)}</li>}
      </ul>
    </Panel>
  );
};
