/** How many servers projects may have made for them. Without a quota there is no limit but the cloud account's own. */
import type { Project, Quota } from '@citrus/contracts';
import { useSignal } from '@preact/signals';
import { post } from '../api/client.ts';
import { useResource } from '../live/resource.ts';
import { useProjects } from '../project/project-picker.tsx';
import { problemAt } from '../session/new-password.tsx';
import { strings } from '../strings.ts';
import { busy, useAction } from '../ui/action.ts';
import { Dialog } from '../ui/dialog.tsx';
import { Field } from '../ui/field.tsx';
import { valueOf } from '../ui/form.ts';
import { Empty, Panel } from '../ui/page.tsx';
import { ProblemNote } from '../ui/problem-note.tsx';
import { quotaWords as t, words } from './words.ts';

type Items<Item> = { readonly items: readonly Item[] };

/** Nothing written: no limit. */
const limitIn = (form: HTMLFormElement, name: string): number | null => {
  const text = valueOf(form, name).trim();
  return text === '' ? null : Number(text);
};

type QuotaDialogProps = { project: Project; quota: Quota | undefined; onSave: (limits: Pick<Quota, 'servers' | 'creationsPerHour'>) => Promise<unknown>; onClose: () => void };

const QuotaDialog = ({ project, quota, onSave, onClose }: QuotaDialogProps) => {
  const sending = useAction();
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    void sending.run(async () => {
      await onSave({ servers: limitIn(form, 'quota-servers'), creationsPerHour: limitIn(form, 'quota-creations') });
      onClose();
    });
  };
  const fields = sending.problem.value?.fields ?? [];
  return (
    <Dialog title={t.of(project.name)} onClose={onClose}>
      <form onSubmit={submit}>
        <ProblemNote problem={sending.problem.value} />
        <Field id="quota-servers" label={t.servers} help={t.empty} problem={problemAt(fields, 'servers')} optional>
          {(control) => <input {...control} type="number" min={0} max={1_000_000} step={1} defaultValue={quota?.servers === null ? '' : String(quota?.servers ?? '')} />}
        </Field>
        <Field id="quota-creations" label={t.creations} help={t.creationsHelp} problem={problemAt(fields, 'creationsPerHour')} optional>
          {(control) => <input {...control} type="number" min={0} max={1_000_000} step={1} defaultValue={quota?.creationsPerHour === null ? '' : String(quota?.creationsPerHour ?? '')} />}
        </Field>
        <footer class="dialog-foot">
          <button type="button" onClick={onClose}>{strings.dialog.cancel}</button>
          <button type="submit" class="primary" {...busy(sending.isBusy.value)}>{t.save}</button>
        </footer>
      </form>
    </Dialog>
  );
};

const wordsOf = (quota: Quota | undefined): string =>
  quota ? [t.usedServers(quota.used.servers, quota.servers), t.usedCreations(quota.used.creationsPerHour, quota.creationsPerHour)].join(' · ') : t.unlimited;

export const QuotasPanel = () => {
  const projects = useProjects();
  const quotas = useResource<Items<Quota>>('/api/quotas', { touchedBy: ({ stream }) => stream.startsWith('quota-') || stream.startsWith('server-') });
  const asked = useSignal<Project | undefined>(undefined);
  const project = asked.value;
  const quotaOf = ({ id }: Project): Quota | undefined => quotas.data.value?.items.find(({ projectId }) => projectId === id);
  const save = async ({ id }: Project, limits: object): Promise<void> => {
    await post(`/api/projects/${id}/quota`, limits);
    await quotas.refresh();
  };
  const all = projects.data.value?.items;
  return (
    <Panel title={t.title}>
      {!quotas.data.value && <ProblemNote problem={quotas.problem.value} onRetry={() => void quotas.refresh()} />}
      {all?.length === 0 && <Empty title={words.noProjects} />}
      <ul class="rows">
        {quotas.data.value && all?.map((one) => (
          <li key={one.id} class="row">
            <div class="row-text"><p><strong>{one.name}</strong></p><p class="fine">{wordsOf(quotaOf(one))}</p></div>
            <button type="button" class="small plain" aria-label={t.changeOf(one.name)} onClick={() => { asked.value = one; }}>{t.change}</button>
          </li>
        ))}
      </ul>
      {project && <QuotaDialog project={project} quota={quotaOf(project)} onSave={(limits) => save(project, limits)} onClose={() => { asked.value = undefined; }} />}
    </Panel>
  );
};
