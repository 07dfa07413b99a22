import type { Role } from '@citrus/contracts';
import { strings } from '../strings.ts';

type RoleChoiceProps = { roles: readonly Role[]; value: Role; onChange: (role: Role) => void; legend?: string };

/** A role is chosen by what it lets somebody do; its name alone says that to nobody. */
export const RoleChoice = ({ roles, value, onChange, legend = strings.people.role }: RoleChoiceProps) => (
  <fieldset class="choices">
    <legend>{legend}</legend>
    {roles.toReversed().map((role) => (
      <label key={role} class="choice">
        <input type="radio" name="role" value={role} checked={role === value} onChange={() => onChange(role)} />
        <span><span class="choice-name">{strings.roles.name[role]}</span> <span class="fine">{strings.roles.means[role]}</span></span>
      </label>
    ))}
  </fieldset>
);
