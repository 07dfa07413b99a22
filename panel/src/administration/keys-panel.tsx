import { useSignal } from '@preact/signals';
import { post } from '../api/client.ts';
import { Confirm } from '../ui/confirm.tsx';
import { Icon } from '../ui/icon.tsx';
import { Panel } from '../ui/page.tsx';
import { keyWords as t } from './words.ts';

const KEYS = ['access-tokens', 'commands'] as const;
type Keys = (typeof KEYS)[number];

export const KeysPanel = () => {
  const [asked, rotated, isLeaked] = [useSignal<Keys | undefined>(undefined), useSignal<Keys | undefined>(undefined), useSignal(false)];
  const rotate = async (keys: Keys): Promise<void> => {
    rotated.value = undefined;
    await post(`/api/keys/${keys}/rotate`, keys === 'commands' ? { compromised: isLeaked.value } : {});
    rotated.value = keys;
  };
  const which = asked.value;
  return (
    <Panel title={t.title}>
      <div role="status">{rotated.value && <div class="note good panel-note"><Icon name="check" /><p>{t.rotated[rotated.value]}</p></div>}</div>
      <ul class="rows">
        {KEYS.map((keys) => (
          <li key={keys} class="row">
            <span class="row-mark"><Icon name="key" /></span>
            <div class="row-text"><p><strong>{t.name[keys]}</strong></p><p class="fine">{t.what[keys]}</p></div>
            <button type="button" class="small" aria-label={t.rotateOf(t.name[keys])} onClick={() => { asked.value = keys; isLeaked.value = false; }}>{t.rotate}</button>
          </li>
        ))}
      </ul>
      {which && (
        <Confirm title={t.confirmTitle[which]} submit={t.rotate} isDanger={isLeaked.value} onConfirm={() => rotate(which)} onClose={() => { asked.value = undefined; }}>
          <p>{isLeaked.value ? t.leakedMeans : t.means[which]}</p>
          {which === 'commands' && <label class="tick"><input type="checkbox" checked={isLeaked.value} onChange={(event) => { isLeaked.value = event.currentTarget.checked; }} />{t.leaked}</label>}
        </Confirm>
      )}
    </Panel>
  );
};
