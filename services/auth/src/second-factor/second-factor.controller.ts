import {
  beginTotp, confirmTotp, disableTotp, newRecoveryCodes, proveSecondFactor, readSecondFactor, readSecondFactorPolicy, resetSecondFactor, setSecondFactorPolicy, type BegunTotp, type RecoveryCodes, type SecondFactor,
  type SecondFactorPolicy, type UserId,
} from '@citrus/contracts';
import { Refusal } from '@citrus/kit-domain';
import { OnRequest, type RequestContext } from '@citrus/kit-messaging';
import { Controller, Inject } from '@nestjs/common';
import type { z } from 'zod';
import { callerOf } from '../command-context.ts';
import type { From, OwnAccess } from '../session/own-access.ts';
import { FACTOR_POLICY, OWN_ACCESS, RESET_FACTOR, SECOND_FACTORS } from '../tokens.ts';
import type { FactorPolicy } from './factor-policy.ts';
import type { ResetFactor } from './reset-factor.ts';
import type { SecondFactors } from './second-factors.ts';

@Controller()
export class SecondFactorController {
  constructor(
    @Inject(SECOND_FACTORS) private readonly secondFactors: SecondFactors,
    @Inject(OWN_ACCESS) private readonly own: OwnAccess,
    @Inject(FACTOR_POLICY) private readonly policy: FactorPolicy,
    @Inject(RESET_FACTOR) private readonly resetFactor: ResetFactor,
  ) {}

  @OnRequest(readSecondFactor)
  async read(_input: object, context: RequestContext): Promise<SecondFactor> {
    return { ...(await this.secondFactors.read(callerOf(context).userId)), isRequired: await this.policy.isRequired() };
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
    const asker = callerOf(context);
    return this.own.guarded(asker, from, async () => {
      const codes = await this.secondFactors.confirm({ userId: asker.userId, code }, context);
      await this.own.strengthen(asker, context);
      return codes;
    });
  }

  @OnRequest(proveSecondFactor)
  async prove({ code, ...from }: { code: string } & From, context: RequestContext): Promise<Record<string, never>> {
    const asker = callerOf(context);
    await this.own.guarded(asker, from, async () => {
      await this.secondFactors.use({ userId: asker.userId, code }, context);
      await this.own.strengthen(asker, context);
    });
    return {};
  }

  @OnRequest(newRecoveryCodes)
  recovery({ code, ...from }: { code: string } & From, context: RequestContext): Promise<RecoveryCodes> {
    const { userId } = callerOf(context);
    return this.own.guarded(callerOf(context), from, () => this.secondFactors.newRecoveryCodes({ userId, code }, context));
  }

  @OnRequest(disableTotp)
  async disable({ password, code, ...from }: { password: string; code: string } & From, context: RequestContext): Promise<Record<string, never>> {
    const asker = callerOf(context);
    if (await this.policy.isRequired()) throw new Refusal('second_factor.required', 'This installation asks everybody for a second factor, so it cannot be turned off. For another app, ask an administrator to reset it.');
    await this.own.guarded(asker, from, async () => {
      await this.own.requirePassword(asker, password);
      await this.secondFactors.disable({ userId: asker.userId, code }, context);
    });
    return {};
  }

  @OnRequest(resetSecondFactor)
  async reset({ userId }: { userId: UserId }, context: RequestContext): Promise<z.infer<typeof resetSecondFactor.reply>> {
    return this.resetFactor(userId, callerOf(context), context);
  }

  @OnRequest(readSecondFactorPolicy)
  readPolicy(): Promise<SecondFactorPolicy> {
    return this.policy.read();
  }

  @OnRequest(setSecondFactorPolicy)
  async setPolicy(input: z.infer<typeof setSecondFactorPolicy.input>, context: RequestContext): Promise<SecondFactorPolicy> {
    const asker = callerOf(context);
    await this.own.requireRecent(asker);
    return this.policy.set(input, asker, context);
  }
}
