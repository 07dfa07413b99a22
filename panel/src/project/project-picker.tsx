import type { Project } from '@citrus/contracts';
import type { Page } from '../api/types.ts';
import { useResource } from '../live/resource.ts';
import { me } from '../session/me.ts';
import { chooseProject, projectId } from '../session/project.ts';
import { strings } from '../strings.ts';

const t = strings.project;

export const useProjects = () => useResource<Page<Project>>('/api/projects?limit=200', { touchedBy: ({ type }) => type.startsWith('Project') || type.startsWith('Membership') });

/** What a project is called, as far as that is known. */
export const projectName = (projects: readonly Project[] | undefined, id: string): string => projects?.find((project) => project.id === id)?.name ?? id.slice(0, 8);

const Choice = ({ onChosen }: { onChosen: () => void }) => {
  const projects = useProjects().data.value?.items;
  const mine = (me.value?.memberships ?? []).map((membership) => ({ id: membership.projectId, name: projectName(projects, membership.projectId) }));
  if (!projects) return null;
  if (mine.length === 1) return <span class="project-name" title={t.label}>{mine[0]?.name}</span>;
  const choose = (id: string): void => {
    chooseProject(id);
    onChosen();
  };
  return (
    <select class="project-picker" aria-label={t.label} value={projectId.value} onChange={(event) => choose(event.currentTarget.value)}>
      {mine.toSorted((a, b) => a.name.localeCompare(b.name)).map(({ id, name }) => <option key={id} value={id}>{name}</option>)}
    </select>
  );
};

/** Which project all rooms are about; a name for people in one, a choice for people in several. */
export const ProjectPicker = ({ onChosen }: { onChosen: () => void }) => (projectId.value === undefined ? null : <Choice onChosen={onChosen} />);
