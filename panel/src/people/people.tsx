/** Who is in the project: its members, those who are invited, and the programs that work in it. */
import { may } from '../session/rights.ts';
import { projectId } from '../session/project.ts';
import { projectName, useProjects } from '../project/project-picker.tsx';
import { strings } from '../strings.ts';
import { Page } from '../ui/page.tsx';
import { InvitationsPanel } from './invitations-panel.tsx';
import { MembersPanel } from './members-panel.tsx';
import { ServiceAccountsPanel } from './service-accounts-panel.tsx';

export const PeopleRoom = () => {
  const projects = useProjects().data.value?.items;
  return (
    <Page title={strings.people.title} beside={projects && projectId.value && <span class="count">{projectName(projects, projectId.value)}</span>}>
      <div class="column">
        <MembersPanel />
        {may('admin') && <InvitationsPanel />}
        {may('admin') && <ServiceAccountsPanel />}
      </div>
    </Page>
  );
};
