import { isSensitive, requiresSecrets, type Installer, type InstallerAction } from '@citrus/contracts';
import { Refusal } from '@citrus/kit-domain';

type Kept = { readonly action: InstallerAction; readonly inputs: Readonly<Record<string, unknown>> };

/** A password would have to be kept for ever, for whoever may begin it. @throws Refusal */
export const refuseSecrets = ({ name, inputs }: Pick<Installer, 'name' | 'inputs'>, { action, inputs: given }: Kept): void => {
  const secret = inputs.find((input) => isSensitive(input) && ((input.required && requiresSecrets(action)) || Object.hasOwn(given, input.id)));
  if (secret) throw new Refusal('schedule.no_secrets', `${name} asks for "${secret.label}", and a schedule keeps no secrets. Begin a run yourself when it is needed, or let the script fetch the secret.`, [{ path: `inputs.${secret.id}`, message: 'cannot be kept' }]);
};
