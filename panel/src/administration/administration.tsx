/** What concerns the whole installation: its projects, its people, and the keys that it signs with. */
import { strings } from '../strings.ts';
import { Page } from '../ui/page.tsx';
import { FactorPanel } from './factor-panel.tsx';
import { FleetPanel } from './fleet-panel.tsx';
import { KeysPanel } from './keys-panel.tsx';
import { ProjectsPanel } from './projects-panel.tsx';
import { QuotasPanel } from './quotas-panel.tsx';
import { UsersPanel } from './users-panel.tsx';

export const AdministrationRoom = () => (
  <Page title={strings.shell.administration}>
    <div class="columns">
      <div class="column"><UsersPanel /><FleetPanel /></div>
      <div class="column side"><ProjectsPanel /><QuotasPanel /><FactorPanel /><KeysPanel /></div>
    </div>
  </Page>
);
