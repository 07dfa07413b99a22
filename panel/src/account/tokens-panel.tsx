/** One's own API tokens: a program that holds one may do what its holder may, in one project, and no more than its role. */
import type { ApiToken, NewApiToken, Role } from '@citrus/contracts';
import { useSignal } from '@preact/signals';
import { post, remove } from '../api/client.ts';
import { TokenDialog, TokenTimes } from '../people/token-dialog.tsx';
import { projectName, useProjects } from '../project/project-picker.tsx';
import { me } from '../session/me.ts';
import { projectId } from '../session/project.ts';
import { isAtLeast, ROLES } from '../session/rights.ts';
import { strings } from '../strings.ts';
import { Confirm } from '../ui/confirm.tsx';
import { Field } from '../ui/field.tsx';
import { Icon } from '../ui/icon.tsx';
import { Empty, Panel } from '../ui/page.tsx';
import { More, usePages } from '../ui/pages.tsx';
import { ProblemNote } from '../ui/problem-note.tsx';

const t = strings.tokens;

const Create = ({ onDone, onClose }: { onDone: () => Promise<void>; onClose: () => void }) => {
  const projects = useProjects().data.value?.items;
  const mine = me.value?.memberships ?? [];
  const project = useSignal(projectId.value ?? '');
  const held = mine.find((membership) => membership.projectId === project.value)?.role;
  const role = useSignal<Role>('viewer');
  const roles = ROLES.filter((each) => isAtLeast(held, each));
  const given = isAtLeast(held, role.value) ? role.value : held;
  const make = async (wish: { name: string; expiresInDays: number }): Promise<NewApiToken> => {
    const token = await post<NewApiToken>('/api/tokens', { ...wish, scopes: [{ projectId: project.value, role: given }] });
    await onDone();
    return token;
  };
  return (
    <TokenDialog title={t.create} onMake={make} onClose={onClose}>
      <Field id="token-project" label={strings.project.label}>
        {(control) => (
          <select {...control} value={project.value} onChange={(event) => { project.value = event.currentTarget.value; }}>
            {mine.map((membership) => <option key={membership.projectId} value={membership.projectId}>{projectName(projects, membership.projectId)}</option>)}
          </select>
        )}
      </Field>
      <Field id="token-role" label={strings.people.role} help={given && strings.roles.means[given]}>
        {(control) => (
          <select {...control} value={given} onChange={(event) => { role.value = event.currentTarget.value as Role; }}>
            {roles.map((each) => <option key={each} value={each}>{strings.roles.name[each]}</option>)}
          </select>
        )}
      </Field>
    </TokenDialog>
  );
};

const Token = ({ token, scopes, onRevoke }: { token: ApiToken; scopes: string; onRevoke: () => void }) => (
  <li class="row">
    <span class="row-mark"><Icon name="key" /></span>
    <div class="row-text"><p><strong>{token.name}</strong> <span class="fine">{scopes}</span></p><TokenTimes token={token} /></div>
    <button type="button" class="small plain" aria-label={t.revokeName(token.name)} onClick={onRevoke}>{t.revoke}</button>
  </li>
);

export const TokensPanel = () => {
  const tokens = usePages<ApiToken>('/api/tokens?limit=50');
  const projects = useProjects().data.value?.items;
  const [isCreating, revoking] = [useSignal(false), useSignal<ApiToken | undefined>(undefined)];
  const all = tokens.items;
  const asked = revoking.value;
  const revoke = async ({ id }: ApiToken): Promise<void> => {
    await remove(`/api/tokens/${id}`);
    await tokens.refresh();
  };
  const create = projectId.value !== undefined && <button type="button" class="small" onClick={() => { isCreating.value = true; }}><Icon name="plus" />{t.create}</button>;
  return (
    <Panel title={t.title} aside={create}>
      {!all && <ProblemNote problem={tokens.problem} onRetry={() => void tokens.refresh()} />}
      {all?.length === 0 && <Empty title={t.none}><p>{t.noneHint}</p></Empty>}
      {all && all.length > 0 && (
        <ul class="rows">
          {all.map((token) => (
            <Token key={token.id} token={token} scopes={token.scopes.map(({ projectId, role }) => t.scope(strings.roles.name[role], projectName(projects, projectId))).join(', ')} onRevoke={() => { revoking.value = token; }} />
          ))}
        </ul>
      )}
      <More more={tokens.more} text={strings.people.more} />
      {isCreating.value && <Create onDone={tokens.refresh} onClose={() => { isCreating.value = false; }} />}
      {asked && <Confirm title={t.revokeTitle(asked.name)} submit={t.revoke} onConfirm={() => revoke(asked)} onClose={() => { revoking.value = undefined; }}><p>{t.revokeMeans}</p></Confirm>}
    </Panel>
  );
};
