//! The token of a user (<https://etcd.io/docs/v3.4/op-guide/authentication/>).

use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

use hyper::header::HeaderValue;

use super::endpoint::Call;
use super::endpoint::Endpoint;
use super::options::Credentials;
use super::rejection::Failure;
use super::wire;

#[derive(Debug)]
pub(super) struct Login {
    credentials: Credentials,
    token: Mutex<Token>,
}

#[derive(Debug, Default)]
enum Token {
    #[default]
    Unknown,
    /// The cluster has no users.
    Needless,
    Known(HeaderValue),
}

impl Login {
    pub(super) fn new(credentials: Credentials) -> Self {
        Self {
            credentials,
            token: Mutex::default(),
        }
    }

    /// What authorises a call, asked for once.
    pub(super) async fn token(&self, endpoint: &Endpoint) -> Result<Option<HeaderValue>, Failure> {
        match &*self.kept() {
            Token::Known(token) => return Ok(Some(token.clone())),
            Token::Needless => return Ok(None),
            Token::Unknown => {}
        }
        let token = self.ask(endpoint).await?;
        let known = token.clone();
        *self.kept() = known.map_or(Token::Needless, Token::Known);
        Ok(token)
    }

    /// It is not accepted any more.
    pub(super) fn forget(&self) {
        *self.kept() = Token::Unknown;
    }

    fn kept(&self) -> MutexGuard<'_, Token> {
        self.token.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn ask(&self, endpoint: &Endpoint) -> Result<Option<HeaderValue>, Failure> {
        let request = wire::AuthRequest {
            name: &self.credentials.user,
            password: &self.credentials.password,
        };
        let call = Call {
            path: "auth/authenticate",
            body: super::client::body(&request)?,
            token: None,
        };
        // The call this is for has not been sent yet, whatever becomes of this one.
        let answer = match endpoint.call(&call).await {
            Ok(answer) => answer,
            Err(Failure::Rejected(rejection)) if rejection.is_without_auth() => return Ok(None),
            Err(Failure::Unanswered(reason)) => return Err(Failure::Unsent(reason)),
            Err(failure) => return Err(failure),
        };
        let answer: wire::AuthAnswer =
            serde_json::from_slice(&answer).map_err(|error| Failure::Unsent(error.to_string()))?;
        let mut token = HeaderValue::from_str(&answer.token)
            .map_err(|_| Failure::Unsent("etcd's token is no text".to_owned()))?;
        token.set_sensitive(true);
        Ok(Some(token))
    }
}
