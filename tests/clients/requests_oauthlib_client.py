"""requests-oauthlib's session for client credentials, with each way it sends the client's id."""

from checks import (
    CLIENT_ID,
    CLIENT_SECRET,
    INTROSPECTION_ENDPOINT,
    REVOCATION_ENDPOINT,
    TOKEN_ENDPOINT,
    equal,
    scope_is_enforced,
    token_is_refused,
    token_response,
)
from oauthlib.oauth2 import BackendApplicationClient, InvalidScopeError
from requests.auth import HTTPBasicAuth
from requests_oauthlib import OAuth2Session

BASIC = HTTPBasicAuth(CLIENT_ID, CLIENT_SECRET)


def session(scope):
    made = OAuth2Session(client=BackendApplicationClient(client_id=CLIENT_ID, scope=scope))
    made.trust_env = False
    return made


def life_of_a_token(**authentication):
    agent = session(["protected"])
    token = agent.fetch_token(TOKEN_ENDPOINT, **authentication)
    # The library splits the scope into a list.
    token_response({**token, "scope": " ".join(token["scope"])})
    scope_is_enforced(agent.get)

    parameters = {"token": token["access_token"]}
    introspection = agent.post(
        INTROSPECTION_ENDPOINT, data=parameters, auth=BASIC, withhold_token=True
    )
    equal(introspection.json()["active"], True, "active before revocation")
    revocation = agent.post(REVOCATION_ENDPOINT, data=parameters, auth=BASIC, withhold_token=True)
    equal(revocation.status_code, 200, "status of the revocation")
    token_is_refused(agent.get)
    introspection = agent.post(
        INTROSPECTION_ENDPOINT, data=parameters, auth=BASIC, withhold_token=True
    )
    equal(introspection.json(), {"active": False}, "introspection after revocation")


# Basic alone; id and secret in the body; Basic with the same id in the body as well.
life_of_a_token(client_secret=CLIENT_SECRET, include_client_id=False)
life_of_a_token(client_secret=CLIENT_SECRET, include_client_id=True)
life_of_a_token(auth=BASIC, include_client_id=True)

try:
    session(["highly_sensitive"]).fetch_token(TOKEN_ENDPOINT, client_secret=CLIENT_SECRET)
except InvalidScopeError:
    pass
else:
    raise SystemExit("a token was issued for a scope that the client may not have")
