import { Role, roleIncludes } from '@citrus/contracts';
import { Refusal } from '@citrus/kit-domain';
import { specFor } from '@citrus/kit-testing';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { projectDecider, roleOf, type Project, type ProjectCommand } from './project.decider.ts';
import type { ProjectEvent } from './project.events.ts';

const { given } = specFor(projectDecider);
const projectId = '0198c0de-0000-7000-8000-00000000000a';
const [ada, bob, cleo] = ['0198c0de-0000-7000-8000-000000000001', '0198c0de-0000-7000-8000-000000000002', '0198c0de-0000-7000-8000-000000000003'];
const created: ProjectEvent = { type: 'ProjectCreated', data: { projectId, name: 'Shop' } };
const has = (userId: string, role: Role): ProjectEvent => ({ type: 'MembershipGranted', data: { userId, projectId, role } });
const ended = (userId: string, reason: 'erased' | 'removed' | 'left'): ProjectEvent => ({ type: 'MembershipEnded', data: { projectId, userId, reason } });
const change = (by: string, userId: string, role: Role): ProjectCommand => ({ type: 'ChangeRole', data: { projectId, userId, role, by } });
const remove = (by: string, userId: string): ProjectCommand => ({ type: 'RemoveMember', data: { projectId, userId, by } });
const admit = (invitedBy: string, userId: string, role: Role): ProjectCommand => ({ type: 'AdmitMember', data: { projectId, userId, role, invitedBy } });
const adopt = (userId: string, role: Role): ProjectCommand => ({ type: 'AdoptMembership', data: { userId, projectId, role } });
const erase = (userId: string): ProjectCommand => ({ type: 'EraseMember', data: { projectId, userId } });
const rename = (by: string, name: string): ProjectCommand => ({ type: 'RenameProject', data: { projectId, name, by } });

describe('a project', () => {
  const create: ProjectCommand = { type: 'CreateProject', data: { projectId, name: 'Shop', ownerId: ada } };
  test('is made once, with its owner', () => {
    given().when(create).then(created, has(ada, 'owner'));
    given(created).when(create).then();
  });
  test('is renamed by its admins', () => {
    given(created, has(ada, 'admin')).when(rename(ada, 'Market')).then({ type: 'ProjectRenamed', data: { projectId, name: 'Market' } });
    given(created, has(ada, 'admin')).when(rename(ada, 'Shop')).then();
    given(created, has(ada, 'operator')).when(rename(ada, 'Market')).refuses('role.insufficient');
    given().when(rename(ada, 'Market')).refuses('project.unknown');
  });
});

describe('roles', () => {
  const shop = given(created, has(ada, 'owner'), has(bob, 'admin'), has(cleo, 'viewer'));
  test('are changed by admins, up to their own', () => {
    shop.when(change(bob, cleo, 'admin')).then(has(cleo, 'admin'));
    shop.when(change(bob, cleo, 'owner')).refuses('role.above_own');
    shop.when(change(ada, cleo, 'owner')).then(has(cleo, 'owner'));
    shop.when(change(cleo, bob, 'viewer')).refuses('role.insufficient');
  });
  test('of owners are changed by owners alone', () => {
    shop.when(change(bob, ada, 'viewer')).refuses('role.above_own');
    given(created, has(ada, 'owner'), has(bob, 'owner')).when(change(bob, ada, 'viewer')).then(has(ada, 'viewer'));
  });
  test('stay as they are without an event', () => shop.when(change(ada, cleo, 'viewer')).then());
  test('are not given to who is no member, or no longer', () => {
    given(created, has(ada, 'owner')).when(change(ada, bob, 'viewer')).refuses('member.unknown');
    given(created, has(ada, 'owner'), has(bob, 'admin'), ended(bob, 'removed')).when(change(ada, bob, 'viewer')).refuses('member.unknown');
    given(created, has(ada, 'owner')).when(change(ada, 'constructor', 'viewer')).refuses('member.unknown');
  });
  test('of the last owner stay', () => shop.when(change(ada, ada, 'admin')).refuses('project.last_owner'));
  test('count as they are, not as they were', () => given(created, has(ada, 'owner'), has(bob, 'owner'), has(bob, 'viewer')).when(change(bob, ada, 'viewer')).refuses('role.insufficient'));
});

describe('leaving', () => {
  test('is for everybody but the last owner', () => {
    given(created, has(ada, 'owner'), has(cleo, 'analyst')).when(remove(cleo, cleo)).then(ended(cleo, 'left'));
    given(created, has(ada, 'owner'), has(bob, 'admin')).when(remove(ada, ada)).refuses('project.last_owner');
    given(created, has(ada, 'owner'), has(bob, 'owner')).when(remove(ada, ada)).then(ended(ada, 'left'));
  });
  test('is asked of others by admins; of owners by owners', () => {
    given(created, has(ada, 'owner'), has(bob, 'admin'), has(cleo, 'admin')).when(remove(bob, cleo)).then(ended(cleo, 'removed'));
    given(created, has(ada, 'owner'), has(bob, 'admin')).when(remove(bob, ada)).refuses('role.above_own');
    given(created, has(ada, 'owner'), has(bob, 'operator'), has(cleo, 'viewer')).when(remove(bob, cleo)).refuses('role.insufficient');
  });
  test('of who is gone is nothing new', () => given(created, has(ada, 'owner'), ended(cleo, 'left')).when(remove(ada, cleo)).then());
  test('comes with being forgotten', () => {
    given(created, has(ada, 'owner'), has(bob, 'viewer')).when(erase(bob)).then(ended(bob, 'erased'));
    given(created, has(ada, 'owner')).when(erase(bob)).then();
  });
});

describe('who was invited', () => {
  test('becomes a member', () => given(created, has(ada, 'admin')).when(admit(ada, bob, 'operator')).then(has(bob, 'operator')));
  test('keeps a higher role, and gets a higher one', () => {
    given(created, has(ada, 'owner'), has(bob, 'admin')).when(admit(ada, bob, 'viewer')).then();
    given(created, has(ada, 'owner'), has(bob, 'viewer')).when(admit(ada, bob, 'admin')).then(has(bob, 'admin'));
  });
  test('is refused when whoever invited may not any more', () => {
    given(created, has(ada, 'owner'), has(bob, 'owner'), ended(bob, 'removed')).when(admit(bob, cleo, 'viewer')).refuses('invitation.void');
    given(created, has(ada, 'owner'), has(bob, 'admin')).when(admit(bob, cleo, 'owner')).refuses('invitation.void');
  });
});

describe('a membership of an older release', () => {
  test('is taken over once', () => given(created).when(adopt(ada, 'owner')).then(has(ada, 'owner')));
  test('does not come back, nor change what was said since', () => {
    given(created, has(ada, 'viewer')).when(adopt(ada, 'owner')).then();
    given(created, has(ada, 'owner'), ended(ada, 'erased')).when(adopt(ada, 'owner')).then();
  });
});

describe('whatever members do to each other', () => {
  const person = fc.constantFrom(ada, bob, cleo);
  const role = fc.constantFrom(...Role.options);
  const command = fc.tuple(fc.constantFrom<'change' | 'remove' | 'admit'>('change', 'remove', 'admit'), person, person, role)
    .map(([kind, by, userId, wanted]) => ({ by, userId, command: kind === 'change' ? change(by, userId, wanted) : kind === 'remove' ? remove(by, userId) : admit(by, userId, wanted) }));
  const start = [created, has(ada, 'owner')].reduce(projectDecider.evolve, projectDecider.initialState);

  const checkStep = (before: Project, after: Project, by: string): void => {
    const own = roleOf(before, by);
    for (const each of [ada, bob, cleo]) {
      const [was, is] = [roleOf(before, each), roleOf(after, each)];
      if (was === is) continue;
      if (is) expect(own && roleIncludes(own, is) && roleIncludes(own, 'admin'), `${own} gave ${is}`).toBe(true);
      if (was === 'owner') expect(own, 'who unmade an owner').toBe('owner');
    }
  };

  test('T501. there is an owner, nobody gives more than he has, and only owners unmake owners', () => {
    fc.assert(fc.property(fc.array(command, { maxLength: 40 }), (steps) => {
      let project = start;
      for (const { by, command: each } of steps) {
        let events: ProjectEvent[];
        try {
          events = projectDecider.decide(each, project);
        } catch (error) {
          expect(error).toBeInstanceOf(Refusal);
          continue;
        }
        const after = events.reduce(projectDecider.evolve, project);
        checkStep(project, after, by);
        expect(Object.values(after.members)).toContain('owner');
        project = after;
      }
    }), { numRuns: 300 });
  });
});
