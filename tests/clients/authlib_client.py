"""Authlib's sessions over requests and over httpx2, with both ways to authenticate a client."""

import requests
from checks import (
    CLIENT_ID,
    CLIENT_SECRET,
    INTROSPECTION_ENDPOINT,
    ISSUER,
    JWKS_URI,
    REVOCATION_ENDPOINT,
    TOKEN_ENDPOINT,
    equal,
    scope_is_enforced,
    token_is_refused,
    token_response,
)
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import OAuth2Client
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwt
from joserfc.errors import BadSignatureError
from joserfc.jwk import KeySet


def requests_session(method, **settings):
    session = OAuth2Session(
        CLIENT_ID, CLIENT_SECRET, token_endpoint_auth_method=method, **settings
    )
    session.trust_env = False
    return session


def httpx_client(method, **settings):
    return OAuth2Client(
        CLIENT_ID, CLIENT_SECRET, token_endpoint_auth_method=method, trust_env=False, **settings
    )


def published_keys():
    """Reads the key set as somebody who has no token."""
    with requests.Session() as anonymous:
        anonymous.trust_env = False
        return anonymous.get(JWKS_URI).json()


def verify(access_token, jwks):
    """Verifies a token as a resource server does (RFC 9068, section 4)."""
    keys = KeySet.import_key_set(jwks)
    token = jwt.decode(access_token, keys, algorithms=["RS256"])
    equal(token.header["typ"], "at+jwt", "typ")
    registry = jwt.JWTClaimsRegistry(
        iss={"essential": True, "value": ISSUER},
        aud={"essential": True, "value": ISSUER},
        sub={"essential": True, "value": CLIENT_ID},
        client_id={"essential": True, "value": CLIENT_ID},
        scope={"essential": True, "value": "protected"},
        exp={"essential": True},
        iat={"essential": True},
        jti={"essential": True},
    )
    registry.validate(token.claims)

    header, payload, signature = access_token.split(".")
    other = "A" if signature[0] != "A" else "B"
    try:
        jwt.decode(f"{header}.{payload}.{other}{signature[1:]}", keys, algorithms=["RS256"])
    except BadSignatureError:
        return
    raise SystemExit("a token with another signature was accepted")


def unknown_scope_is_refused(session):
    try:
        session.fetch_token(TOKEN_ENDPOINT, grant_type="client_credentials", scope="no_such_scope")
    except OAuthError as error:
        equal(error.error, "invalid_scope", "error for an unknown scope")
    else:
        raise SystemExit("a token was issued for an unknown scope")


def wrong_secret_is_refused(session):
    session.client_secret = "wrong"
    try:
        session.fetch_token(TOKEN_ENDPOINT, grant_type="client_credentials")
    except OAuthError as error:
        equal(error.error, "invalid_client", "error for a wrong secret")
    else:
        raise SystemExit("a token was issued for a wrong secret")


def life_of_a_token(make_session, method):
    unknown_scope_is_refused(make_session(method))
    session = make_session(method, scope="protected")
    token = session.fetch_token(TOKEN_ENDPOINT, grant_type="client_credentials")
    token_response(token)
    access_token = token["access_token"]
    verify(access_token, published_keys())
    scope_is_enforced(session.get)

    introspection = session.introspect_token(
        INTROSPECTION_ENDPOINT, token=access_token, token_type_hint="access_token"
    ).json()
    equal(introspection["active"], True, "active before revocation")
    equal(introspection["client_id"], CLIENT_ID, "client_id in introspection")
    equal(introspection["scope"], "protected", "scope in introspection")

    revocation = session.revoke_token(
        REVOCATION_ENDPOINT, token=access_token, token_type_hint="access_token"
    )
    equal(revocation.status_code, 200, "status of the revocation")
    # A revocation makes the session forget its token; it is put back to show it is worthless.
    session.token = token
    token_is_refused(session.get)
    introspection = session.introspect_token(INTROSPECTION_ENDPOINT, token=access_token).json()
    equal(introspection, {"active": False}, "introspection after revocation")


for make_session in (requests_session, httpx_client):
    for method in ("client_secret_basic", "client_secret_post"):
        life_of_a_token(make_session, method)
    wrong_secret_is_refused(make_session("client_secret_basic"))
