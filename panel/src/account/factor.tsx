/** In place of every room, for a sign-in that has shown no second factor where everybody needs one: set it up, or give a code of it. */
import type { BegunTotp, SecondFactor } from '@citrus/contracts';
import { useSignal } from '@preact/signals';
import { post } from '../api/client.ts';
import { renewAnew } from '../api/renewal.ts';
import { useResource } from '../live/resource.ts';
import { recognise, signOut } from '../session/session.ts';
import { EntranceCard, EntranceForm } from '../session/sign-in.tsx';
import { strings } from '../strings.ts';
import { busy, useAction } from '../ui/action.ts';
import { ProblemNote } from '../ui/problem-note.tsx';
import { CodeField, codeOf, Codes, Setup } from './second-factor-panel.tsx';

const t = strings.secondFactor;

/** What was shown stands in the next access token. */
const goOn = async (): Promise<void> => {
  await renewAnew();
  await recognise();
};

const SetUp = () => {
  const acting = useAction();
  const begun = useSignal<BegunTotp | undefined>(undefined);
  const codes = useSignal<readonly string[] | undefined>(undefined);
  const begin = (): Promise<void> => acting.run(async () => { begun.value = await post<BegunTotp>('/api/auth/second-factor/begin'); });
  const show = (made: readonly string[]): void => {
    begun.value = undefined;
    codes.value = made;
  };
  return (
    <>
      <p class="sign-in-lead">{t.dueSetUp}</p>
      <ProblemNote problem={acting.problem.value} />
      <button type="button" class="primary wide" {...busy(acting.isBusy.value)} onClick={() => void begin()}>{t.setUp}</button>
      {begun.value && <Setup begun={begun.value} onCodes={show} onClose={() => { begun.value = undefined; }} />}
      {codes.value && <Codes codes={codes.value} onClose={() => void acting.run(goOn)} />}
    </>
  );
};

const Prove = () => {
  const proving = useAction();
  const prove = (form: HTMLFormElement): Promise<void> => proving.run(async () => {
    await post('/api/auth/second-factor/prove', { code: codeOf(form) });
    await goOn();
  });
  return (
    <>
      <p class="sign-in-lead">{t.dueProve}</p>
      <EntranceForm onSubmit={prove} submit={t.goOn} isBusy={proving.isBusy.value} problem={proving.problem.value}>
        <CodeField label={t.anyCode} help={t.anyCodeHelp} />
      </EntranceForm>
    </>
  );
};

export const FactorRoom = () => {
  // Read once: it is on as soon as it was set up, and then there are codes to show first.
  const resource = useResource<SecondFactor>('/api/auth/second-factor');
  const leaving = useAction();
  const first = useSignal<boolean | undefined>(undefined);
  first.value ??= resource.data.value?.isOn;
  return (
    <EntranceCard title={t.due} below={<p class="sign-in-other"><button type="button" class="plain small" onClick={() => void leaving.run(signOut)}>{t.signOut}</button></p>}>
      <ProblemNote problem={resource.data.value ? undefined : resource.problem.value} />
      {first.value === true && <Prove />}
      {first.value === false && <SetUp />}
    </EntranceCard>
  );
};
