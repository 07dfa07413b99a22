/** The bar above every room. Where its rooms do not fit beside each other they stand below each other, behind a button. */
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { Link, useLocation } from 'wouter-preact';
import { openPalette } from '../palette/keys.ts';
import { ProjectPicker } from '../project/project-picker.tsx';
import { me } from '../session/me.ts';
import { signOut } from '../session/session.ts';
import { strings } from '../strings.ts';
import { useAction } from '../ui/action.ts';
import { Icon, Slice } from '../ui/icon.tsx';
import { isIn, openDoors, openRooms, roomOf } from './doors.ts';

const t = strings.shell;

const Account = () => {
  const [path] = useLocation();
  const leaving = useAction();
  return (
    <div class="account">
      <Link href="/account" className="account-name" title={t.account} aria-current={path.startsWith('/account') ? 'page' : undefined}><Icon name="person" /><span>{me.value?.name}</span></Link>
      <button type="button" class="plain small sign-out" onClick={() => void leaving.run(signOut)}>{t.signOut}</button>
    </div>
  );
};

const Rooms = () => {
  const [path] = useLocation();
  const isOpen = useSignal(false);
  const [nav, button] = [useRef<HTMLElement>(null), useRef<HTMLButtonElement>(null)];
  useEffect(() => { isOpen.value = false; }, [path]);
  useEffect(() => {
    const onPointer = (event: Event): void => { if (!(event.target instanceof Node && nav.current?.contains(event.target))) isOpen.value = false; };
    addEventListener('pointerdown', onPointer);
    return () => removeEventListener('pointerdown', onPointer);
  }, []);
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape' || !isOpen.value) return;
    isOpen.value = false;
    button.current?.focus();
  };
  const onBlur = ({ relatedTarget }: FocusEvent): void => { if (relatedTarget instanceof Node && !nav.current?.contains(relatedTarget)) isOpen.value = false; };
  const rooms = openRooms();
  const here = rooms.find((door) => isIn(path, door));
  return (
    <nav ref={nav} aria-label={t.rooms} class={rooms.length > 6 ? 'many' : undefined} onKeyDown={onKeyDown} onFocusOut={onBlur}>
      <button ref={button} type="button" class="plain rooms-button" aria-expanded={isOpen.value} aria-controls="rooms" onClick={() => { isOpen.value = !isOpen.value; }}>
        <Icon name="menu" /><span class="rooms-here">{here?.text ?? t.rooms}</span>{here && <span class="unseen">, {t.rooms}</span>}
      </button>
      <div id="rooms" class={isOpen.value ? 'rooms open' : 'rooms'}>
        {openDoors().map((doors) => (
          <div key={doors[0]?.href} class="room-group">
            {doors.map((door) => <Link key={door.href} href={door.href} aria-current={isIn(path, door) ? 'page' : undefined}>{door.text}</Link>)}
          </div>
        ))}
      </div>
    </nav>
  );
};

export const TopBar = () => {
  const [path, goTo] = useLocation();
  return (
    <header class="top-bar">
      <Link href="/" className="brand" aria-label={strings.product}><Slice /><span>{strings.product}</span></Link>
      <ProjectPicker onChosen={() => goTo(roomOf(path))} />
      <Rooms />
      <button type="button" class="plain icon-only palette-button" aria-label={t.find} title={t.findKeys} aria-haspopup="dialog" onClick={() => openPalette()}><Icon name="search" /></button>
      <Account />
    </header>
  );
};
