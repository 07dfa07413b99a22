import { me } from '../session/me.ts';
import { projectName, useProjects } from '../project/project-picker.tsx';
import { strings } from '../strings.ts';
import { Empty, Panel } from '../ui/page.tsx';

export const ProjectsPanel = () => {
  const projects = useProjects().data.value?.items;
  const mine = me.value?.memberships ?? [];
  return (
    <Panel title={strings.account.projects}>
      {mine.length === 0 && <Empty title={strings.project.none} />}
      {mine.length > 0 && <dl class="facts">{mine.map(({ projectId, role }) => <div key={projectId}><dt>{strings.roles.name[role]}</dt><dd>{projectName(projects, projectId)}</dd></div>)}</dl>}
    </Panel>
  );
};
