/** What a job's script is given, checked again here: the hub's word is not taken for it. */
import { checkInputs, sealedInputsPlace, type InputValue, type InstallerManifest, type RunJob } from '@citrus/contracts';
import { openBox, unpackJson } from '@citrus/kit-crypto';
import { z } from 'zod';
import { JobRefused } from './bundle.ts';
import type { Keys } from './keys.ts';

type Given = { readonly command: Pick<RunJob, 'action' | 'agentId' | 'inputs' | 'sealedInputs'>; readonly keys: Pick<Keys, 'box'> };

const openSealedInputs = ({ command, keys }: Given): Record<string, InputValue> => {
  if (command.sealedInputs === '') return {};
  try {
    const text = openBox(keys.box, command.sealedInputs, sealedInputsPlace(command.agentId));
    return z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).parse(JSON.parse(unpackJson(text)));
  } catch {
    // The cause may quote what was inside; it must not get near a log.
    throw new JobRefused('the sealed inputs cannot be opened with the key of this agent');
  }
};

/** @throws JobRefused when something is missing that the action requires, or will not do */
export const inputsOf = (given: Given, manifest: Pick<InstallerManifest, 'inputs'>): Record<string, InputValue> => {
  const { action, inputs } = given.command;
  const { values, problems } = checkInputs(manifest.inputs, { ...inputs, ...openSealedInputs(given) }, { action, isSettled: true });
  if (problems.length > 0) throw new JobRefused(`the inputs are not valid: ${problems.map(({ path, message }) => `${path} ${message}`).join('; ')}`);
  return values;
};
