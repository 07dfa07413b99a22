/** What an installer's action would need and do on a server: nothing is written, nobody is called. */
import { checkInputs, isSensitive, isTrue, parseExpression, portNumber, type Installer, type InstallerAction, type InstallerPlan, type InputValue, type Machine, type Sources } from '@citrus/contracts';
import { requirementsOf, unmetOf } from './server-check.ts';

type Values = Readonly<Record<string, InputValue>>;
type About = { readonly serverId: InstallerPlan['serverId']; readonly action: InstallerAction; readonly raw: Readonly<Record<string, unknown>>; readonly machine: Machine; readonly sources: Sources };

const NOTICES: Readonly<Partial<Record<InstallerAction, keyof Installer['notices']>>> = { install: 'before_install', upgrade: 'before_upgrade', uninstall: 'before_uninstall' };

/** Those that are really opened with these answers. */
const portsOf = ({ ports }: Installer, values: Values): InstallerPlan['changes']['ports'] =>
  ports.filter(({ when }) => when === undefined || isTrue(parseExpression(when), values)).flatMap(({ port, protocol, purpose, public: isPublic }) => {
    const number = portNumber(port, values);
    return number === undefined ? [] : [{ port: number, protocol, purpose, public: isPublic }];
  });

export const planOf = (installer: Installer, { serverId, action, raw, machine, sources }: About): InstallerPlan => {
  const { values, problems } = checkInputs(installer.inputs, raw, { action, sources });
  const secret = new Set(installer.inputs.filter(isSensitive).map(({ id }) => id));
  const requirements = requirementsOf(installer, machine, { action, values });
  const notice = NOTICES[action];
  return {
    installer: installer.id, version: installer.version, action, serverId, requirements, problems,
    installed: machine.apps?.find((app) => app.installer === installer.id)?.version ?? null,
    warnings: action === 'install' ? installer.warnings : [], notice: (notice && installer.notices[notice]) ?? null,
    inputs: Object.fromEntries(Object.entries(values).filter(([id]) => !secret.has(id))),
    sources: Object.fromEntries(Object.entries(sources).map(([name, items]) => [name, [...items]])),
    changes: {
      script: action === 'install' ? installer.install_script : (installer.scripts[action] ?? ''), timeoutSeconds: installer.timeout_seconds,
      ports: portsOf(installer, values), files: installer.files, outputs: action === 'install' ? installer.outputs.map(({ name }) => name) : [],
    },
    canRun: problems.length === 0 && unmetOf(requirements, ['memory']).length === 0,
  };
};
