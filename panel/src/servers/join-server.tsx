/** Joining a machine that is there already: a name, then the one command to run on it. The command is shown this once. */
import type { JoinInvitation } from '@citrus/contracts';
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { useLocation } from 'wouter-preact';
import { newKey, post } from '../api/client.ts';
import { strings } from '../strings.ts';
import { busy, useAction } from '../ui/action.ts';
import { ShownOnce } from '../ui/copy.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Field } from '../ui/field.tsx';
import { ProblemNote } from '../ui/problem-note.tsx';
import { formatExact } from '../ui/time.ts';

const t = strings.joinServer;

/** What to do on the machine. Closing leads to the server, which tells when it has joined. */
export const JoinCommand = ({ invitation, onClose }: { invitation: JoinInvitation; onClose: () => void }) => (
  <Dialog title={t.commandTitle(invitation.server.name)} onClose={onClose}>
    <div class="dialog-text">
      <p>{t.lead}</p>
      <ShownOnce id="join-command" label={t.command} text={invitation.command} help={t.commandHelp(formatExact(invitation.endsAt))} />
      <p class="fine">{t.needs}</p>
      <footer class="dialog-foot"><button type="button" class="primary" onClick={onClose}>{t.done}</button></footer>
    </div>
  </Dialog>
);

const useJoin = () => {
  const name = useSignal('');
  const tags = useSignal('');
  const invitation = useSignal<JoinInvitation | undefined>(undefined);
  // Another name is another wish; only the very same one may be sent twice.
  const key = useRef(newKey());
  const change = (signal: typeof name) => (event: { currentTarget: HTMLInputElement }) => {
    signal.value = event.currentTarget.value;
    key.current = newKey();
  };
  const ask = async (): Promise<void> => {
    invitation.value = await post<JoinInvitation>('/api/servers/join', { name: name.value.trim(), tags: tags.value.split(/[\s,]+/).filter(Boolean) }, key.current);
  };
  return { name, tags, invitation, change, ask };
};

export const JoinServer = ({ onClose }: { onClose: () => void }) => {
  const [, goTo] = useLocation();
  const { name, tags, invitation, change, ask } = useJoin();
  const joining = useAction();
  useEffect(() => document.querySelector<HTMLInputElement>('#join-name')?.focus(), []);
  if (invitation.value) {
    const { server } = invitation.value;
    return <JoinCommand invitation={invitation.value} onClose={() => goTo(`/servers/${server.id}`)} />;
  }
  const problemAt = (field: string) => joining.problem.value?.fields?.find(({ path }) => path.replace(/^spec\./, '').split('.')[0] === field)?.message;
  const text = (field: 'name' | 'tags', signal: typeof name, help: string) => (
    <Field id={`join-${field}`} label={strings.create[field]} help={help} problem={problemAt(field)}>
      {(control) => <input {...control} type="text" autocomplete="off" spellcheck={false} autocapitalize="none" value={signal.value} onInput={change(signal)} />}
    </Field>
  );
  return (
    <Dialog title={t.title} onClose={onClose}>
      <form onSubmit={(event) => { event.preventDefault(); void joining.run(ask); }} noValidate>
        <p>{t.hint}</p>
        {!problemAt('name') && !problemAt('tags') && <ProblemNote problem={joining.problem.value} />}
        {text('name', name, strings.create.nameHelp)}
        {text('tags', tags, strings.create.tagsHelp)}
        <footer class="dialog-foot">
          <button type="button" onClick={onClose}>{strings.dialog.cancel}</button>
          <button type="submit" class="primary" {...busy(joining.isBusy.value)}>{t.submit}</button>
        </footer>
      </form>
    </Dialog>
  );
};

/** For a server that waits for its machine, waited too long, or has an agent that is trusted no more. */
export const NewCommand = ({ serverId }: { serverId: string }) => {
  const invitation = useSignal<JoinInvitation | undefined>(undefined);
  const asking = useAction();
  const ask = () => asking.run(async () => { invitation.value = await post<JoinInvitation>(`/api/servers/${serverId}/join-token`); });
  return (
    <div class="actions">
      <button type="button" class="primary" {...busy(asking.isBusy.value)} onClick={() => void ask()}>{t.again}</button>
      <p class="fine">{t.againHint}</p>
      <ProblemNote problem={asking.problem.value} />
      {invitation.value && <JoinCommand invitation={invitation.value} onClose={() => { invitation.value = undefined; }} />}
    </div>
  );
};
