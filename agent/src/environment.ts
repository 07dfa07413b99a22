/** The whole environment of an installer's script. Nothing is inherited; `checkInputs` and the manifest refuse reserved names. */
import { isReservedVariable, variableOf, type InputValue } from '@citrus/contracts';

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export type Surroundings = {
  readonly inputs: Readonly<Record<string, InputValue>>;
  readonly home: string;
  readonly serverAddress: string;
  readonly appDir: string;
  readonly nodeBinary: string;
  readonly prefix?: string | undefined;
  readonly backup?: { readonly file: string; readonly isCheck: boolean } | undefined;
};

export const environmentOf = ({ inputs, home, serverAddress, appDir, nodeBinary, prefix, backup }: Surroundings): Record<string, string> => {
  const environment: Record<string, string> = {};
  for (const [id, value] of Object.entries(inputs)) {
    const name = variableOf(id);
    if (isReservedVariable(name)) throw new Error(`the input ${id} has a reserved name`);
    environment[name] = String(value);
  }
  return {
    ...environment,
    PATH,
    HOME: home,
    DEBIAN_FRONTEND: 'noninteractive',
    PROVISIONING_JOB: 'true',
    SERVER_ADDRESS: serverAddress,
    CITRUS_NODE: nodeBinary,
    CITRUS_APP_DIR: appDir,
    ...(prefix !== undefined && { CITRUS_PREFIX: prefix }),
    ...(backup && { CITRUS_BACKUP_FILE: backup.file }),
    ...(backup?.isCheck && { CITRUS_RESTORE_CHECK: 'true' }),
  };
};
