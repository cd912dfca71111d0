// Put simulations, one JSON text a line on standard input, to the engine in the folder that is named; answer each on a line.
// The engine's core is called without the checks around it, which take most of the time: what AWS would refuse is not drawn.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const load = createRequire(join(process.argv[2], 'here.js'));
const folder = join(process.argv[2], 'node_modules', '@cloud-copilot', 'iam-simulate', 'dist', 'cjs');
const engine = (name) => load(join(folder, `${name}.js`));
const { authorize } = engine('core_engine/CoreSimulatorEngine');
const { AwsRequestImpl } = engine('request/request');
const { RequestContextImpl } = engine('requestContext');
const { DiscoveryContextKeyConstraints } = engine('context_keys/discoveryContextKeyConstraints');
const { loadPolicy } = load('@cloud-copilot/iam-policy');

const named = (policy, name) => policy && loadPolicy(policy, { name });
const level = (policies, orgIdentifier) => ({ orgIdentifier, policies: policies.map((each) => named(each, 'scp')) });

function answer({ principal, action, resource, owner, context, identity, boundary, session, scps, attached }) {
  return authorize({
    request: new AwsRequestImpl(principal, { resource, accountId: owner }, action, new RequestContextImpl(context)),
    identityPolicies: identity.map((each) => named(each, 'identity')),
    permissionBoundaries: boundary ? [named(boundary, 'boundary')] : undefined,
    sessionPolicy: named(session ?? undefined, 'session'),
    serviceControlPolicies: scps.map(level),
    resourceControlPolicies: [],
    resourcePolicy: named(attached ?? undefined, 'resource'),
    vpcEndpointPolicies: undefined,
    simulationParameters: { simulationMode: 'Strict', discoveryContextKeyConstraints: new DiscoveryContextKeyConstraints([]) },
    serviceSettings: { s3: {} },
  }).result;
}

const answers = [];
for await (const line of createInterface({ input: process.stdin })) {
  answers.push(answer(JSON.parse(line)));
}
process.stdout.write(answers.join('\n') + '\n');
