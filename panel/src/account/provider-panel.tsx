/** Linking one's account with the provider of the house from within: so nothing else about it ends. */
import { post } from '../api/client.ts';
import { useProvider } from '../session/sign-in.tsx';
import { strings } from '../strings.ts';
import { busy, useAction } from '../ui/action.ts';
import { Panel } from '../ui/page.tsx';
import { ProblemNote } from '../ui/problem-note.tsx';

const t = strings.account;

export const ProviderPanel = () => {
  const provider = useProvider();
  const linking = useAction();
  if (!provider) return null;
  const link = (): void => void linking.run(async () => { location.assign((await post<{ url: string }>('/api/auth/oidc/link', { returnTo: '/account' })).url); });
  return (
    <Panel title={provider}>
      <ProblemNote problem={linking.problem.value} />
      <p class="fine">{t.linkMeans}</p>
      <div class="actions"><button type="button" onClick={link} {...busy(linking.isBusy.value)}>{t.link(provider)}</button></div>
    </Panel>
  );
};
