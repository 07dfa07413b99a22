import { Project } from '@citrus/contracts';
import { randomUUID } from 'node:crypto';
import { openApi, type Api } from '../api/api.ts';
import { allOf } from '../api/pages.ts';
import { CliFailure, EXIT, usageFailure } from '../failure.ts';
import { tableOf } from '../output/table.ts';
import { printable, processTerminal } from '../output/terminal.ts';
import { chooseProject, chosenProject } from '../session/chosen-project.ts';
import { placesOf } from '../session/places.ts';
import type { ProjectsOptions } from './project.command.ts';

const mineOf = (api: Api): Promise<Project[]> => allOf(api, '/api/projects', Project);

/** By its id, or by a name that only one has. */
export const projectCalled = async (api: Api, wanted: string): Promise<Project> => {
  const projects = await mineOf(api);
  const byId = projects.find(({ id }) => id === wanted);
  if (byId) return byId;
  const [found, another] = projects.filter(({ name }) => name.toLowerCase() === wanted.toLowerCase());
  if (!found) throw new CliFailure(`you have no project called ${wanted}`, { exit: EXIT.failed, code: 'project.unknown', advice: 'See yours: citrus projects list' });
  if (another) throw usageFailure(`more than one project is called ${wanted}: ${found.id}, ${another.id}`, 'Say which one by its id.');
  return found;
};

/** The one that commands are about, also where nobody chose because there is only one. */
const usedOf = (api: Api, projects: readonly Project[]): string | undefined => {
  const [only, another] = projects.filter(({ role }) => role !== null);
  return chosenProject(placesOf(), api) ?? (another ? undefined : only?.id);
};

export const listProjects = async (options: ProjectsOptions): Promise<void> => {
  const [api, terminal] = [openApi(), processTerminal()];
  const items = await mineOf(api);
  const used = usedOf(api, items);
  if (options.json) return terminal.out(JSON.stringify({ items: items.map((project) => ({ ...project, isUsed: project.id === used })) }));
  await terminal.out(tableOf(['', 'NAME', 'YOU ARE', 'ID'], items.map((project) => [project.id === used ? '*' : '', project.name, project.role ?? '-', project.id]), terminal));
};

export const createProject = async (name: string, options: ProjectsOptions): Promise<void> => {
  const terminal = processTerminal();
  const project = await openApi().json({ method: 'POST', path: '/api/projects', body: { name }, headers: { 'idempotency-key': randomUUID() } }, Project);
  if (!options.json) terminal.note(`Use it from now on with: citrus projects use ${project.id}`);
  await terminal.out(options.json ? JSON.stringify(project) : `The project ${printable(project.name)} is made, and you own it.`);
};

export const renameProject = async (wanted: string, name: string, options: ProjectsOptions): Promise<void> => {
  const api = openApi();
  const before = await projectCalled(api, wanted);
  const project = await api.json({ method: 'POST', path: `/api/projects/${before.id}/rename`, body: { name } }, Project);
  await processTerminal().out(options.json ? JSON.stringify(project) : `${before.name} is called ${project.name} now.`);
};

export const useProject = async (wanted: string, options: ProjectsOptions): Promise<void> => {
  const api = openApi();
  const project = await projectCalled(api, wanted);
  if (project.role === null) throw new CliFailure(`you are not a member of ${project.name}`, { exit: EXIT.failed, code: 'project.not_a_member', advice: 'Ask an owner of it to invite you.' });
  chooseProject(placesOf(), api, project.id);
  await processTerminal().out(options.json ? JSON.stringify(project) : `Commands are about ${project.name} from now on; you are ${project.role} there.`);
};
