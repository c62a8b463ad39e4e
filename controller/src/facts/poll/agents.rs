//! The page of one agent.

use std::time::Duration;

use thiserror::Error;
use tokio::time::timeout;

use super::super::PageError;
use super::super::Reading;
use super::super::Sieve;
use super::super::web::Question;
use super::super::web::Web;
use super::super::web::WebError;
use super::targets::Target;

/// Which forms of a page are understood. The older text is the shorter one.
const ACCEPT: &str = "text/plain;version=0.0.4, application/openmetrics-text;version=1.0.0;q=0.5";

/// Why nothing is known of an agent now.
#[derive(Debug, Error)]
pub enum AskError {
    /// It took too long.
    #[error("no answer within {0:?}")]
    Timeout(Duration),
    /// It could not be fetched.
    #[error(transparent)]
    Web(#[from] WebError),
    /// It cannot be read.
    #[error(transparent)]
    Page(#[from] PageError),
    /// It is not UTF-8.
    #[error("the page is not UTF-8")]
    NotText,
}

/// What an agent says, within a time limit.
pub async fn ask(web: &Web, target: &Target, patience: Duration) -> Result<Reading, AskError> {
    let question = Question {
        address: &target.address,
        tls: target.tls,
        target: &target.path,
        accept: ACCEPT,
    };
    let mut sieve = Sieve::default();
    let fetched = web.ask(&question, |piece| sieve.push(piece).map_err(AskError::from));
    timeout(patience, fetched)
        .await
        .map_err(|_| AskError::Timeout(patience))??;
    let page = sieve.finish()?.ok_or(AskError::NotText)?;
    Ok(Reading::of(&page)?)
}
