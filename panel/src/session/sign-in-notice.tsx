/** What coming back from the provider did to the account of who is signed in, or why it did not. In our own words: an address can be made by anybody. Said once. */
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { strings } from '../strings.ts';
import { Icon } from '../ui/icon.tsx';

const t = strings.signIn;
type Said = { readonly tone: 'good' | 'warn' | 'bad'; readonly text: string };

const saidBy = (hash: string): Said | undefined => {
  const [, what, code = ''] = /^#sign-in-(notice|problem)=([a-z_.]+)$/.exec(hash) ?? [];
  if (what === 'problem') return { tone: 'bad', text: t.problems[code] ?? t.problem(code) };
  if (code === 'alone') return { tone: 'warn', text: t.notices.alone };
  return code === 'linked' ? { tone: 'good', text: t.notices.linked } : undefined;
};

export const SignInNotice = () => {
  const said = useSignal(saidBy(location.hash));
  useEffect(() => { if (said.value) history.replaceState(history.state, '', location.pathname + location.search); }, []);
  if (!said.value) return null;
  const { tone, text } = said.value;
  return (
    <div class={`note ${tone}`} role={tone === 'bad' ? 'alert' : 'status'}>
      <Icon name={tone === 'good' ? 'check' : 'warning'} /><p>{text}</p>
      <button type="button" class="plain small" onClick={() => { said.value = undefined; }}>{strings.dialog.close}</button>
    </div>
  );
};
