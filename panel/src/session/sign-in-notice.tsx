/** What the first sign-in with a provider did to the account. In our own words: an address can be made by anybody. Said once. */
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { strings } from '../strings.ts';
import { Icon } from '../ui/icon.tsx';

const t = strings.signIn.notices;
type Notice = keyof typeof t;

export const SignInNotice = () => {
  const notice = useSignal(/^#sign-in-notice=(linked|alone)$/.exec(location.hash)?.[1] as Notice | undefined);
  useEffect(() => { if (notice.value) history.replaceState(history.state, '', location.pathname + location.search); }, []);
  if (!notice.value) return null;
  return (
    <div class={`note ${notice.value === 'alone' ? 'warn' : 'good'}`} role="status">
      <Icon name={notice.value === 'alone' ? 'warning' : 'check'} /><p>{t[notice.value]}</p>
      <button type="button" class="plain small" onClick={() => { notice.value = undefined; }}>{strings.dialog.close}</button>
    </div>
  );
};
