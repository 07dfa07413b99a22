/** What is one's own: the password, the second factor, where one is signed in, tokens for programs, and leaving for good. */
import { me } from '../session/me.ts';
import { signOut } from '../session/session.ts';
import { strings } from '../strings.ts';
import { useAction } from '../ui/action.ts';
import { Page, Panel } from '../ui/page.tsx';
import { AppearancePanel } from './appearance-panel.tsx';
import { EraseAccount } from './erase-account.tsx';
import { PasswordPanel } from './password-panel.tsx';
import { ProviderPanel } from './provider-panel.tsx';
import { ProjectsPanel } from './projects-panel.tsx';
import { SecondFactorPanel } from './second-factor-panel.tsx';
import { SessionsPanel } from './sessions-panel.tsx';
import { TokensPanel } from './tokens-panel.tsx';

const t = strings.account;

const Who = () => (
  <Panel title={t.who}>
    <dl class="facts">
      <div><dt>{strings.people.name}</dt><dd>{me.value?.name}</dd></div>
      <div><dt>{strings.people.email}</dt><dd>{me.value?.email ?? '–'}</dd></div>
      {me.value?.isAdministrator && <div><dt>{t.runs}</dt><dd>{t.theInstallation}</dd></div>}
    </dl>
  </Panel>
);

export const AccountRoom = () => {
  const leaving = useAction();
  return (
    <Page title={strings.shell.account} actions={<button type="button" class="only-narrow" onClick={() => void leaving.run(signOut)}>{strings.shell.signOut}</button>}>
      <div class="columns">
        <div class="column"><SecondFactorPanel /><SessionsPanel /><TokensPanel /></div>
        <div class="column side"><Who /><AppearancePanel /><ProjectsPanel /><PasswordPanel /><ProviderPanel /><EraseAccount /></div>
      </div>
    </Page>
  );
};
