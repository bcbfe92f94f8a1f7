//! Issues access tokens, and answers the one question that introspection and every protected endpoint
//! ask: is this one valid?

use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use quick_cache::sync::Cache;

use super::claims::{Audience, Claims};
use super::keys::{KeyError, Keys};
use super::verification;
use crate::clients::Clients;
use crate::config::LONGEST_LIFETIME;
use crate::model::{
    CLOCK_SKEW, Client, ClientId, Clock, Principal, Resource, ScopeSet, TenantId, Timestamp,
};
use crate::oauth::grants::Approval;
use crate::oauth::resources::Resources;
use crate::oauth::revocation::Revocations;
use crate::storage::StorageError;
use crate::storage::feed::Feed;
use crate::work::{Rejected, WorkPool};

use super::signing_key::Algorithm;

/// Tokens whose signature is remembered.
const REMEMBERED: usize = 8_192;
/// Signatures that may wait for a thread.
const WAITING: usize = 4_096;

/// What issuing and checking work with.
pub struct Dependencies {
    /// Knows the keys.
    pub keys: Arc<Keys>,
    /// Knows the clients.
    pub clients: Arc<Clients>,
    /// Knows the revoked tokens.
    pub revocations: Arc<Revocations>,
    /// Says whether this replica's memory is fresh.
    pub feed: Arc<Feed>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Knows the resources, and with them the issuer.
    pub resources: Arc<Resources>,
    /// Lifetime of a token whose client has none of its own.
    pub lifetime: Duration,
    /// Longest lifetime.
    pub longest_lifetime: Duration,
}

/// Why a token is not accepted.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// It was not signed here, or not as an access token; a word for the log.
    #[error("the token is not valid: {0}")]
    Invalid(&'static str),
    /// It was signed here, and is not valid any more, or not yet. Whose it is, is known.
    #[error("the token is void: {0}")]
    Void(&'static str, Arc<Principal>),
    /// Nobody can tell now.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl From<KeyError> for TokenError {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::Storage(error) => Self::Storage(error),
            other => Self::Storage(StorageError::Unavailable(other.to_string())),
        }
    }
}

/// A token that was just signed. Hand it over only once its record is durable.
pub struct Issued {
    /// The token.
    pub access_token: String,
    /// What it says.
    pub claims: Claims,
    /// Seconds until it ends.
    pub expires_in: i64,
}

/// A token that is valid now.
#[derive(Debug, Clone)]
pub struct ValidToken {
    /// What it says.
    pub claims: Arc<Claims>,
    /// Who presents it.
    pub principal: Arc<Principal>,
}

impl ValidToken {
    /// Whether it is meant for this resource.
    pub fn is_for(&self, resource: &str) -> bool {
        self.claims.aud.iter().any(|audience| audience == resource)
    }
}

struct Remembered {
    kid: String,
    claims: Arc<Claims>,
    principal: Arc<Principal>,
}

/// Issues and checks access tokens.
pub struct AccessTokens {
    deps: Dependencies,
    signers: WorkPool<()>,
    remembered: Cache<[u8; 32], Arc<Remembered>>,
}

impl AccessTokens {
    /// Starts `threads` signing threads.
    pub fn start(deps: Dependencies, threads: usize) -> std::io::Result<Self> {
        let signers = WorkPool::start("signing", threads, WAITING, || ())?;
        Ok(Self {
            deps,
            signers,
            remembered: Cache::new(REMEMBERED),
        })
    }

    /// Signs a token for what a grant approved.
    pub async fn issue(
        &self,
        client: &Client,
        approval: &Approval,
        audience: &[Resource],
    ) -> Result<Issued, StorageError> {
        let unavailable = |what: &str| StorageError::Unavailable(what.to_owned());
        let algorithm = if self.deps.resources.want_es256(audience) {
            Algorithm::Es256
        } else {
            self.deps.keys.algorithm()
        };
        let key = self
            .deps
            .keys
            .current(algorithm)
            .ok_or_else(|| unavailable("no signing key"))?;
        let own = client
            .access_token_lifetime
            .map(|seconds| Duration::from_secs(seconds.into()));
        let lifetime = own
            .unwrap_or(self.deps.lifetime)
            .min(self.deps.longest_lifetime);
        let expires_in = i64::try_from(lifetime.as_secs()).unwrap_or(i64::MAX);
        let issued_at = self.deps.clock.now().seconds();
        let claims = Claims {
            iss: self.deps.resources.issuer().as_str().to_owned(),
            sub: approval.subject.clone(),
            aud: Audience::new(audience.iter().map(ToString::to_string).collect()),
            exp: issued_at.saturating_add(expires_in),
            iat: issued_at,
            nbf: None,
            jti: Claims::token_id(client.token_generation),
            client_id: client.client_id.as_str().to_owned(),
            scope: approval.scope.to_string(),
            tenant_id: client.tenant_id.as_str().to_owned(),
        };
        let signed = self
            .signers
            .run(move |()| (key.sign(&claims), claims))
            .await;
        match signed {
            Ok((Ok(access_token), claims)) => Ok(Issued {
                access_token,
                claims,
                expires_in,
            }),
            Ok((Err(error), _)) => Err(StorageError::Unavailable(error.to_string())),
            Err(Rejected::Full) => Err(StorageError::Busy),
            Err(Rejected::Lost) => Err(unavailable("a signature was lost")),
        }
    }

    /// Whether a token is valid now: signed here, not expired, not revoked, its client enabled and its
    /// generation the client's present one.
    pub async fn check(&self, unverified_token: &str) -> Result<ValidToken, TokenError> {
        self.deps.feed.fresh().await?;
        let signed = self.signed(unverified_token).await?;
        let principal = Arc::clone(&signed.principal);
        match self.void(&signed).await? {
            Some(reason) => Err(TokenError::Void(reason, principal)),
            None => Ok(ValidToken {
                claims: Arc::clone(&signed.claims),
                principal,
            }),
        }
    }

    /// Why a token that was signed here is not valid now, if it is not; a word for the log.
    async fn void(&self, signed: &Remembered) -> Result<Option<&'static str>, StorageError> {
        let claims = &signed.claims;
        let now = self.deps.clock.now();
        let latest = now.plus(CLOCK_SKEW).seconds();
        if !self.deps.keys.accepts(&signed.kid) {
            return Ok(Some("key_retired"));
        }
        if claims.exp <= now.seconds() {
            return Ok(Some("expired"));
        }
        // Longer than the settings can ever grant: not issued here, whoever signed it.
        if claims.exp.saturating_sub(claims.iat) > LONGEST_LIFETIME.cast_signed() {
            return Ok(Some("lives_too_long"));
        }
        if claims.iat > latest || claims.nbf.is_some_and(|begin| begin > latest) {
            return Ok(Some("not_yet_valid"));
        }
        let registered = self.deps.clients.find(&signed.principal.client_id).await?;
        let Some(registered) = registered.filter(|found| found.client.enabled) else {
            return Ok(Some("client_gone_or_disabled"));
        };
        if claims.generation() != Some(registered.client.token_generation)
            || claims.tenant_id != registered.client.tenant_id.as_str()
        {
            return Ok(Some("tokens_revoked"));
        }
        let revoked = self.deps.revocations.contains(&claims.jti).await?;
        Ok(revoked.then_some("revoked"))
    }

    /// The claims of a token that was signed here. What a signature proved once it proves for ever, so
    /// it is remembered, under the token's digest.
    async fn signed(&self, unverified_token: &str) -> Result<Arc<Remembered>, TokenError> {
        let mut name = [0; 32];
        for (to, from) in name
            .iter_mut()
            .zip(digest(&SHA256, unverified_token.as_bytes()).as_ref())
        {
            *to = *from;
        }
        if let Some(remembered) = self.remembered.get(&name) {
            return Ok(remembered);
        }
        let kid = verification::key_id(unverified_token).map_err(TokenError::Invalid)?;
        let (key, algorithm) = self
            .deps
            .keys
            .verifying(&kid)
            .await?
            .ok_or(TokenError::Invalid("unknown_key"))?;
        let issuer = self.deps.resources.issuer().as_str();
        let claims = verification::signed_claims(unverified_token, &key, algorithm, issuer)
            .map_err(TokenError::Invalid)?;
        let scope = match claims.scope.as_str() {
            "" => ScopeSet::default(),
            text => ScopeSet::parse(text).map_err(|_| TokenError::Invalid("malformed_scope"))?,
        };
        let client_id = ClientId::parse(&claims.client_id)
            .map_err(|_| TokenError::Invalid("malformed_client_id"))?;
        let principal = Principal {
            tenant_id: TenantId::new(claims.tenant_id.clone()),
            client_id,
            subject: claims.sub.clone(),
            scope,
            token_id: claims.jti.clone(),
            expires_at: Timestamp::from_seconds(claims.exp),
        };
        let remembered = Arc::new(Remembered {
            kid,
            claims: Arc::new(claims),
            principal: Arc::new(principal),
        });
        self.remembered.insert(name, Arc::clone(&remembered));
        Ok(remembered)
    }
}
