/** Every key that does something, and where to turn them off. */
import type { ComponentChildren } from 'preact';
import { Link } from 'wouter-preact';
import { ACCOUNT, openRooms } from '../shell/doors.ts';
import { strings } from '../strings.ts';
import { Dialog } from '../ui/dialog.tsx';
import { words } from './words.ts';

const t = words.help;

type Shortcut = readonly [keys: readonly string[], text: string];

const Group = ({ title, shortcuts }: { title: string; shortcuts: readonly Shortcut[] }) => (
  <section class="key-group">
    <h3>{title}</h3>
    <dl class="keys">
      {shortcuts.map(([keys, text]) => (
        <div key={text}><dt>{text}</dt><dd>{keys.map((key, index): ComponentChildren => <span key={key}>{index > 0 && <span class="fine"> {t.or} </span>}<kbd>{key}</kbd></span>)}</dd></div>
      ))}
    </dl>
  </section>
);

export const Help = ({ onClose }: { onClose: () => void }) => (
  <Dialog title={t.title} onClose={onClose}>
    <div class="key-groups">
      <Group title={t.everywhere} shortcuts={[[['Ctrl K', '⌘ K'], t.palette], [['?'], t.help], [['/'], t.search], [['Esc'], t.close]]} />
      <Group title={t.lists} shortcuts={[[['j'], t.next], [['k'], t.previous], [['Enter'], t.open]]} />
      <Group title={t.slider} shortcuts={[[['Left', 'Right'], t.event], [['Page up', 'Page down'], t.ten], [['Home', 'End'], t.ends]]} />
      <Group title={t.goTo} shortcuts={[...openRooms(), ACCOUNT].map(({ key, text }) => [[key], text])} />
    </div>
    <p class="fine">{t.off} <Link href={ACCOUNT.href} onClick={onClose}>{strings.shell.account}</Link>.</p>
  </Dialog>
);
