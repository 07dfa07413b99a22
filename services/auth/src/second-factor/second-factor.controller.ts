import { beginTotp, confirmTotp, disableTotp, newRecoveryCodes, readSecondFactor, type BegunTotp, type RecoveryCodes, type SecondFactor } from '@citrus/contracts';
import { OnRequest, type RequestContext } from '@citrus/kit-messaging';
import { Controller, Inject } from '@nestjs/common';
import { callerOf } from '../command-context.ts';
import type { From, OwnAccess } from '../session/own-access.ts';
import { OWN_ACCESS, SECOND_FACTORS } from '../tokens.ts';
import type { SecondFactors } from './second-factors.ts';

@Controller()
export class SecondFactorController {
  constructor(
    @Inject(SECOND_FACTORS) private readonly secondFactors: SecondFactors,
    @Inject(OWN_ACCESS) private readonly own: OwnAccess,
  ) {}

  @OnRequest(readSecondFactor)
  read(_input: object, context: RequestContext): Promise<SecondFactor> {
    return this.secondFactors.read(callerOf(context).userId);
  }

  @OnRequest(beginTotp)
  async begin(_input: object, context: RequestContext): Promise<BegunTotp> {
    const asker = callerOf(context);
    await this.own.requireRecent(asker);
    const { userId, email } = asker;
    return this.secondFactors.begin({ userId, email: email ?? userId }, context);
  }

  @OnRequest(confirmTotp)
  confirm({ code, ...from }: { code: string } & From, context: RequestContext): Promise<RecoveryCodes> {
    const { userId } = callerOf(context);
    return this.own.guarded(callerOf(context), from, () => this.secondFactors.confirm({ userId, code }, context));
  }

  @OnRequest(newRecoveryCodes)
  recovery({ code, ...from }: { code: string } & From, context: RequestContext): Promise<RecoveryCodes> {
    const { userId } = callerOf(context);
    return this.own.guarded(callerOf(context), from, () => this.secondFactors.newRecoveryCodes({ userId, code }, context));
  }

  @OnRequest(disableTotp)
  async disable({ password, code, ...from }: { password: string; code: string } & From, context: RequestContext): Promise<Record<string, never>> {
    const asker = callerOf(context);
    await this.own.guarded(asker, from, async () => {
      await this.own.requirePassword(asker, password);
      await this.secondFactors.disable({ userId: asker.userId, code }, context);
    });
    return {};
  }
}
