/** A link for somebody who is locked out: made once it is wanted, shown once. */
import type { User } from '@citrus/contracts';
import { useSignal } from '@preact/signals';
import { post } from '../api/client.ts';
import { strings } from '../strings.ts';
import { busy, useAction } from '../ui/action.ts';
import { ShownOnce } from '../ui/copy.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { ProblemNote } from '../ui/problem-note.tsx';
import { formatExact } from '../ui/time.ts';
import { words as t } from './words.ts';

type Made = { readonly link: string; readonly expiresAt: string };

export const RecoverDialog = ({ user, onClose }: { user: User; onClose: () => void }) => {
  const making = useAction();
  const made = useSignal<Made | undefined>(undefined);
  const make = (): void => void making.run(async () => { made.value = await post<Made>(`/api/users/${user.userId}/recovery`); });
  return (
    <Dialog title={t.recoverTitle(user.name)} onClose={onClose}>
      <div class="dialog-text">
        <ProblemNote problem={making.problem.value} />
        {made.value
          ? <ShownOnce id="recovery-link" label={t.recoverLink} text={made.value.link} help={t.recoverLinkHelp(user.email, formatExact(made.value.expiresAt))} />
          : <p>{t.recoverMeans}</p>}
        <footer class="dialog-foot">
          <button type="button" onClick={onClose}>{made.value ? strings.people.done : strings.dialog.cancel}</button>
          {!made.value && <button type="button" class="primary" onClick={make} {...busy(making.isBusy.value)}>{t.recoverMake}</button>}
        </footer>
      </div>
    </Dialog>
  );
};
