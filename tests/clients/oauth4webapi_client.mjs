// oauth4webapi: the protocol step by step, on the client's side and on the resource server's.

import assert from 'node:assert/strict';
import * as oauth from 'oauth4webapi';
import { clientId, clientSecret, issuer, scopeIsEnforced, tokenIsRefused } from './checks.mjs';

const insecure = { [oauth.allowInsecureRequests]: true };
const client = { client_id: clientId };
const identifier = new URL(issuer);

// The resource names its authorization server (RFC 9728) ...
const resource = await oauth.processResourceDiscoveryResponse(
  identifier,
  await oauth.resourceDiscoveryRequest(identifier, insecure),
);
assert.deepEqual(resource.authorization_servers, [issuer]);

// ... and that describes itself (RFC 8414).
const server = await oauth.processDiscoveryResponse(
  identifier,
  await oauth.discoveryRequest(identifier, { ...insecure, algorithm: 'oauth2' }),
);

for (const authentication of [
  oauth.ClientSecretBasic(clientSecret),
  oauth.ClientSecretPost(clientSecret),
]) {
  const { access_token: accessToken } = await oauth.processClientCredentialsResponse(
    server,
    client,
    await oauth.clientCredentialsGrantRequest(
      server,
      client,
      authentication,
      { scope: 'protected' },
      insecure,
    ),
  );

  // RFC 9068, section 4, as a resource server does it.
  const request = new Request(`${issuer}/protected`, {
    headers: { authorization: `Bearer ${accessToken}` },
  });
  const claims = await oauth.validateJwtAccessToken(server, request, issuer, insecure);
  assert.equal(claims.sub, clientId);
  assert.equal(claims.client_id, clientId);
  assert.equal(claims.scope, 'protected');
  await assert.rejects(
    oauth.validateJwtAccessToken(server, request, 'https://elsewhere.example/', insecure),
    { name: 'OperationProcessingError' },
  );
  await scopeIsEnforced(accessToken);

  const introspect = async () =>
    oauth.processIntrospectionResponse(
      server,
      client,
      await oauth.introspectionRequest(server, client, authentication, accessToken, insecure),
    );
  const active = await introspect();
  assert.equal(active.active, true);
  assert.equal(active.jti, claims.jti);
  assert.equal(active.exp, claims.exp);

  await oauth.processRevocationResponse(
    await oauth.revocationRequest(server, client, authentication, accessToken, insecure),
  );
  assert.deepEqual({ ...(await introspect()) }, { active: false });
  await tokenIsRefused(accessToken);
}

const refused = oauth.processClientCredentialsResponse(
  server,
  client,
  await oauth.clientCredentialsGrantRequest(
    server,
    client,
    oauth.ClientSecretBasic('wrong'),
    {},
    insecure,
  ),
);
// A 401 with a challenge is told apart from other answers by its name.
await assert.rejects(refused, { name: 'WWWAuthenticateChallengeError', status: 401 });
