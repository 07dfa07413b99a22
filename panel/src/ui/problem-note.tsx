import type { ApiProblem } from '../api/problem.ts';
import { signOut } from '../session/session.ts';
import { strings } from '../strings.ts';
import { Icon } from './icon.tsx';

/** Signing in leads back to the same address. */
const NOT_RECENT = 'session.not_recent';

/** What went wrong, with what support needs to find it. */
export const ProblemNote = ({ problem, onRetry }: { problem: ApiProblem | undefined; onRetry?: () => void }) => (
  <div role="alert">
    {problem && (
      <div class="note bad">
        <Icon name="warning" />
        <div>
          <p>{problem.message}</p>
          {problem.status !== 401 && <p class="fine">{problem.code}{problem.correlationId && <> · <span class="mono">{problem.correlationId}</span></>}</p>}
          {problem.code === NOT_RECENT && <button type="button" class="small" onClick={() => void signOut()}>{strings.problem.signInAgain}</button>}
          {onRetry && <button type="button" class="small" onClick={onRetry}>{strings.problem.tryAgain}</button>}
        </div>
      </div>
    )}
  </div>
);
