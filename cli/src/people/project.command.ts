/** Projects: what servers, jobs and people belong to. */
import { Command } from 'commander';

export type ProjectsOptions = { readonly json?: true };

export const projectsCommand = (): Command => {
  const projects = new Command('projects').description('Your projects; make, rename, and say which one commands are about');
  projects
    .command('list', { isDefault: true })
    .description('Your projects, with your role; all of them for administrators')
    .action(async (_: ProjectsOptions, command: Command) => (await import('./projects.ts')).listProjects(command.optsWithGlobals()));
  projects
    .command('create')
    .description('Make a project, and be its owner. For administrators.')
    .argument('<name>')
    .action(async (name: string, _: ProjectsOptions, command: Command) => (await import('./projects.ts')).createProject(name, command.optsWithGlobals()));
  projects
    .command('rename')
    .description('Give a project another name. For its admins.')
    .argument('<project>', 'its name or id')
    .argument('<name>', 'what it is called from now on')
    .action(async (project: string, name: string, _: ProjectsOptions, command: Command) => (await import('./projects.ts')).renameProject(project, name, command.optsWithGlobals()));
  projects
    .command('use')
    .description('Say which project commands are about from now on')
    .argument('<project>', 'its name or id')
    .action(async (project: string, _: ProjectsOptions, command: Command) => (await import('./projects.ts')).useProject(project, command.optsWithGlobals()));
  return projects.addHelpText('after', `
In one project nobody needs to say which. In several, the chosen one counts; CITRUS_PROJECT=<id> wins over it.

Examples:
  citrus projects
  citrus projects create shop
  citrus projects use shop`);
};
