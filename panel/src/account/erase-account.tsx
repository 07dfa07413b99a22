import { useSignal } from '@preact/signals';
import { remove } from '../api/client.ts';
import { me } from '../session/me.ts';
import { strings } from '../strings.ts';
import { Panel } from '../ui/page.tsx';
import { EraseDialog } from './erase-dialog.tsx';

const t = strings.erase;

export const EraseAccount = () => {
  const isOpen = useSignal(false);
  const user = me.value;
  if (!user) return null;
  const erase = async (): Promise<void> => {
    await remove(`/api/users/${user.userId}/personal-data`);
    me.value = null;
  };
  return (
    <Panel title={strings.danger.title}>
      <div class="danger-row"><p>{t.hint}</p><button type="button" class="danger" onClick={() => { isOpen.value = true; }}>{t.own}</button></div>
      {isOpen.value && <EraseDialog title={t.ownTitle} consequence={t.ownMeans} email={user.email ?? ''} onErase={erase} onClose={() => { isOpen.value = false; }} />}
    </Panel>
  );
};
