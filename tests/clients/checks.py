"""What every Python client is told, and what it finds out in the end."""

import os
import urllib.parse

ISSUER = os.environ["AMBIT_ISSUER"]
CLIENT_ID = os.environ["CLIENT_ID"]
CLIENT_SECRET = os.environ["CLIENT_SECRET"]

TOKEN_ENDPOINT = f"{ISSUER}/token"
INTROSPECTION_ENDPOINT = f"{ISSUER}/introspect"
REVOCATION_ENDPOINT = f"{ISSUER}/revoke"
JWKS_URI = f"{ISSUER}/jwks"

# The libraries refuse plain http, also on loopback, unless told otherwise.
assert urllib.parse.urlsplit(ISSUER).hostname == "127.0.0.1", ISSUER
os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"
os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"


def equal(found, expected, what):
    """Ends the script with a message when a value is not the expected one."""
    if found != expected:
        raise SystemExit(f"{what}: expected {expected!r}, found {found!r}")


def token_response(token, scope="protected"):
    """Checks the members of a successful answer (RFC 6749, section 5.1)."""
    equal(token["token_type"].lower(), "bearer", "token_type")
    equal(token["scope"], scope, "scope")
    equal(token["expires_in"] > 0, True, "expires_in is positive")
    equal("refresh_token" in token, False, "client credentials have a refresh token")


def scope_is_enforced(get):
    """Calls an endpoint that the scope covers, then one that it does not (RFC 6750, section 3)."""
    allowed = get(f"{ISSUER}/protected")
    equal(allowed.status_code, 200, "status of /protected")
    equal(isinstance(allowed.json(), dict), True, "/protected answers a JSON object")
    refused = get(f"{ISSUER}/highly_confidential")
    equal(refused.status_code, 403, "status of /highly_confidential")
    challenge = refused.headers["WWW-Authenticate"]
    for part in ("Bearer", 'error="insufficient_scope"', 'scope="highly_sensitive"'):
        equal(part in challenge, True, f"{part} stands in {challenge!r}")


def token_is_refused(get):
    """Calls with a token that is no longer good."""
    refused = get(f"{ISSUER}/protected")
    equal(refused.status_code, 401, "status of /protected after revocation")
    challenge = refused.headers["WWW-Authenticate"]
    equal('error="invalid_token"' in challenge, True, f"invalid_token stands in {challenge!r}")
