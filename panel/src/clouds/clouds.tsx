/** With whose account the servers of the project are made. For its admins: a token goes in, and never comes out again. */
import type { Cloud, CloudKind, CloudList } from '@citrus/contracts';
import { useSignal } from '@preact/signals';
import { newKey, post, remove } from '../api/client.ts';
import type { FieldProblem } from '../api/problem.ts';
import { useResource } from '../live/resource.ts';
import { projectId } from '../session/project.ts';
import { projectName, useProjects } from '../project/project-picker.tsx';
import { problemAt } from '../session/new-password.tsx';
import { strings } from '../strings.ts';
import { busy, useAction } from '../ui/action.ts';
import { Ago } from '../ui/ago.tsx';
import { Badge } from '../ui/badge.tsx';
import { Confirm } from '../ui/confirm.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Field } from '../ui/field.tsx';
import { valueOf } from '../ui/form.ts';
import { Icon } from '../ui/icon.tsx';
import { Page, Panel } from '../ui/page.tsx';
import { ProblemNote } from '../ui/problem-note.tsx';

const t = strings.clouds;
const KINDS: readonly CloudKind[] = ['digitalocean', 'hetzner'];
type Asking = { readonly what: 'token' | 'remove'; readonly cloud: Cloud };
type Done = () => Promise<unknown>;

const TokenField = ({ problems }: { problems: readonly FieldProblem[] }) => (
  <Field id="cloud-token" label={t.token} help={t.tokenHelp} problem={problemAt(problems, 'token')}>
    {(control) => <input {...control} type="password" required minLength={16} maxLength={512} autocomplete="off" spellcheck={false} />}
  </Field>
);

const Foot = ({ submit, isBusy, onClose }: { submit: string; isBusy: boolean; onClose: () => void }) => (
  <footer class="dialog-foot">
    <button type="button" onClick={onClose}>{strings.dialog.cancel}</button>
    <button type="submit" class="primary" {...busy(isBusy)}>{submit}</button>
  </footer>
);

const Add = ({ onDone, onClose }: { onDone: Done; onClose: () => void }) => {
  const adding = useAction();
  const key = useSignal(newKey());
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const baseUrl = valueOf(form, 'cloud-url').trim();
    void adding.run(async () => {
      await post<Cloud>('/api/clouds', { name: valueOf(form, 'cloud-name').trim(), kind: valueOf(form, 'cloud-kind'), token: valueOf(form, 'cloud-token').trim(), ...(baseUrl !== '' && { baseUrl }) }, key.value);
      await onDone();
      onClose();
    }, () => { key.value = newKey(); });
  };
  const problems = adding.problem.value?.fields ?? [];
  return (
    <Dialog title={t.add} onClose={onClose}>
      <form onSubmit={submit}>
        <ProblemNote problem={adding.problem.value} />
        <Field id="cloud-name" label={strings.people.name} help={t.nameHelp} problem={problemAt(problems, 'name')}>
          {(control) => <input {...control} type="text" required maxLength={100} autocomplete="off" />}
        </Field>
        <Field id="cloud-kind" label={t.kind} problem={problemAt(problems, 'kind')}>
          {(control) => <select {...control}>{KINDS.map((kind) => <option key={kind} value={kind}>{t.kinds[kind]}</option>)}</select>}
        </Field>
        <TokenField problems={problems} />
        <details class="more">
          <summary>{strings.create.more}</summary>
          <Field id="cloud-url" label={t.address} help={t.addressHelp} optional problem={problemAt(problems, 'baseUrl')}>
            {(control) => <input {...control} type="url" maxLength={300} autocomplete="off" spellcheck={false} />}
          </Field>
        </details>
        <Foot submit={t.add} isBusy={adding.isBusy.value} onClose={onClose} />
      </form>
    </Dialog>
  );
};

const NewToken = ({ cloud, onDone, onClose }: { cloud: Cloud; onDone: Done; onClose: () => void }) => {
  const rotating = useAction();
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    void rotating.run(async () => {
      await post<Cloud>(`/api/clouds/${cloud.id}/token`, { token: valueOf(form, 'cloud-token').trim() });
      await onDone();
      onClose();
    });
  };
  return (
    <Dialog title={t.newTokenOf(cloud.name)} onClose={onClose}>
      <form onSubmit={submit}>
        <ProblemNote problem={rotating.problem.value} />
        <div class="dialog-text"><p class="fine">{t.rotateMeans(cloud.tokenEnd)}</p></div>
        <TokenField problems={rotating.problem.value?.fields ?? []} />
        <Foot submit={t.newToken} isBusy={rotating.isBusy.value} onClose={onClose} />
      </form>
    </Dialog>
  );
};

const Facts = ({ cloud }: { cloud: Cloud }) => (
  <p class="fine">
    {[t.kinds[cloud.kind], cloud.baseUrl, cloud.account, t.tokenEnds(cloud.tokenEnd), t.servers(cloud.servers)].filter(Boolean).join(' · ')} · {t.tested} <Ago at={cloud.testedAt} />
  </p>
);

const State = ({ cloud }: { cloud: Cloud }) => {
  if (cloud.status === 'refused') return <Badge tone="bad">{t.refused}</Badge>;
  if (cloud.status === 'removing') return <Badge tone="busy">{t.removing}</Badge>;
  return cloud.isDefault ? <Badge tone="good">{t.isDefault}</Badge> : null;
};

const CloudRow = ({ cloud, onAsk, onDone }: { cloud: Cloud; onAsk: (asking: Asking) => void; onDone: Done }) => {
  const acting = useAction();
  const send = (path: string) => (): void => void acting.run(async () => {
    await post(`/api/clouds/${cloud.id}/${path}`);
    await onDone();
  });
  return (
    <li>
      <div class="row">
        <span class="app-letter" aria-hidden="true">{cloud.name.slice(0, 1).toUpperCase()}</span>
        <div class="row-text"><p><strong>{cloud.name}</strong> <State cloud={cloud} /></p><Facts cloud={cloud} />{cloud.note && <p class="field-problem"><Icon name="warning" />{cloud.note}</p>}</div>
        <div class="app-actions">
          {!cloud.isDefault && <button type="button" class="small plain" aria-label={t.makeDefaultName(cloud.name)} onClick={send('default')}>{t.makeDefault}</button>}
          <button type="button" class="small plain" {...busy(acting.isBusy.value)} aria-label={t.testName(cloud.name)} onClick={send('test')}>{t.test}</button>
          <button type="button" class="small" aria-label={t.newTokenOf(cloud.name)} onClick={() => onAsk({ what: 'token', cloud })}>{t.newToken}</button>
          <button type="button" class="small plain" aria-label={t.removeName(cloud.name)} onClick={() => onAsk({ what: 'remove', cloud })}>{strings.people.remove}</button>
        </div>
      </div>
      <ProblemNote problem={acting.problem.value} />
    </li>
  );
};

const Installation = ({ installation, onDone }: { installation: CloudList['installation']; onDone: Done }) => {
  const acting = useAction();
  const choose = (): void => void acting.run(async () => {
    await post('/api/clouds/installation/default');
    await onDone();
  });
  return (
    <li>
      <div class="row">
        <span class="row-mark"><Icon name="dot" /></span>
        <div class="row-text"><p><strong>{t.installation}</strong> {installation.isDefault && <Badge tone="good">{t.isDefault}</Badge>}</p><p class="fine">{t.kinds[installation.kind]} · {t.installationHint}</p></div>
        {!installation.isDefault && <div class="app-actions"><button type="button" class="small plain" {...busy(acting.isBusy.value)} aria-label={t.makeDefaultName(t.installation)} onClick={choose}>{t.makeDefault}</button></div>}
      </div>
      <ProblemNote problem={acting.problem.value} />
    </li>
  );
};

const Answer = ({ asking: { what, cloud }, onDone, onClose }: { asking: Asking; onDone: Done; onClose: () => void }) => {
  if (what === 'token') return <NewToken cloud={cloud} onDone={onDone} onClose={onClose} />;
  const confirm = async (): Promise<void> => {
    await remove(`/api/clouds/${cloud.id}`);
    await onDone();
  };
  return <Confirm title={t.removeTitle(cloud.name)} submit={strings.people.remove} onConfirm={confirm} onClose={onClose}><p>{t.removeMeans}</p></Confirm>;
};

export const CloudsRoom = () => {
  const clouds = useResource<CloudList>('/api/clouds', { touchedBy: ({ type }) => type.startsWith('Credential') || type === 'DefaultCloudChosen' || type === 'ServerRequested' || type === 'ServerDeleted' });
  const [isAdding, asking] = [useSignal(false), useSignal<Asking | undefined>(undefined)];
  const projects = useProjects().data.value?.items;
  const list = clouds.data.value;
  return (
    <Page title={t.title} beside={projects && projectId.value && <span class="count">{projectName(projects, projectId.value)}</span>}>
      <div class="column">
        <Panel title={t.accounts} aside={<button type="button" class="small" onClick={() => { isAdding.value = true; }}><Icon name="plus" />{t.add}</button>}>
          {!list && <ProblemNote problem={clouds.problem.value} onRetry={() => void clouds.refresh()} />}
          {list && (
            <ul class="rows">
              {list.items.map((cloud) => <CloudRow key={cloud.id} cloud={cloud} onAsk={(wish) => { asking.value = wish; }} onDone={clouds.refresh} />)}
              <Installation installation={list.installation} onDone={clouds.refresh} />
            </ul>
          )}
        </Panel>
        {isAdding.value && <Add onDone={clouds.refresh} onClose={() => { isAdding.value = false; }} />}
        {asking.value && <Answer asking={asking.value} onDone={clouds.refresh} onClose={() => { asking.value = undefined; }} />}
      </div>
    </Page>
  );
};
