import type { Project } from '@citrus/contracts';
import { useSignal } from '@preact/signals';
import { newKey, post } from '../api/client.ts';
import { useProjects } from '../project/project-picker.tsx';
import { problemAt } from '../session/new-password.tsx';
import { chooseProject } from '../session/project.ts';
import { isAtLeast } from '../session/rights.ts';
import { recognise } from '../session/session.ts';
import { strings } from '../strings.ts';
import { busy, useAction } from '../ui/action.ts';
import { Dialog } from '../ui/dialog.tsx';
import { Field } from '../ui/field.tsx';
import { valueOf } from '../ui/form.ts';
import { Icon } from '../ui/icon.tsx';
import { Empty, Panel } from '../ui/page.tsx';
import { ProblemNote } from '../ui/problem-note.tsx';
import { words as t } from './words.ts';

type NameDialogProps = { title: string; submit: string; name: string; onName: (name: string) => Promise<unknown>; onClose: () => void };

const NameDialog = ({ title, submit: label, name, onName, onClose }: NameDialogProps) => {
  const sending = useAction();
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    void sending.run(async () => {
      await onName(valueOf(form, 'project-name').trim());
      onClose();
    });
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <form onSubmit={submit}>
        <ProblemNote problem={sending.problem.value} />
        <Field id="project-name" label={strings.people.name} problem={problemAt(sending.problem.value?.fields ?? [], 'name')}>
          {(control) => <input {...control} type="text" required maxLength={200} autocomplete="off" defaultValue={name} />}
        </Field>
        <footer class="dialog-foot">
          <button type="button" onClick={onClose}>{strings.dialog.cancel}</button>
          <button type="submit" class="primary" {...busy(sending.isBusy.value)}>{label}</button>
        </footer>
      </form>
    </Dialog>
  );
};

const Row = ({ project, onRename }: { project: Project; onRename: () => void }) => (
  <li class="row">
    <div class="row-text"><p><strong>{project.name}</strong></p><p class="fine">{project.role ? t.youAre(strings.roles.name[project.role].toLowerCase()) : t.notAMember}</p></div>
    {isAtLeast(project.role ?? undefined, 'admin') && <button type="button" class="small plain" aria-label={t.renameOf(project.name)} onClick={onRename}>{t.rename}</button>}
  </li>
);

export const ProjectsPanel = () => {
  const projects = useProjects();
  const [isCreating, renaming, key] = [useSignal(false), useSignal<Project | undefined>(undefined), useSignal(newKey())];
  const all = projects.data.value?.items;
  const asked = renaming.value;
  const create = async (name: string): Promise<void> => {
    const project = await post<Project>('/api/projects', { name }, key.value);
    key.value = newKey();
    await recognise();
    await projects.refresh();
    chooseProject(project.id);
  };
  const rename = async (project: Project, name: string): Promise<void> => {
    await post(`/api/projects/${project.id}/rename`, { name });
    await projects.refresh();
  };
  return (
    <Panel title={t.projects} aside={<button type="button" class="small" onClick={() => { isCreating.value = true; }}><Icon name="plus" />{t.newProject}</button>}>
      {!all && <ProblemNote problem={projects.problem.value} onRetry={() => void projects.refresh()} />}
      {all?.length === 0 && <Empty title={t.noProjects} />}
      <ul class="rows">{all?.map((project) => <Row key={project.id} project={project} onRename={() => { renaming.value = project; }} />)}</ul>
      {isCreating.value && <NameDialog title={t.newProject} submit={t.makeProject} name="" onName={create} onClose={() => { isCreating.value = false; }} />}
      {asked && <NameDialog title={t.renameOf(asked.name)} submit={t.rename} name={asked.name} onName={(name) => rename(asked, name)} onClose={() => { renaming.value = undefined; }} />}
    </Panel>
  );
};
