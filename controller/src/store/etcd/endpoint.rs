//! A member of the cluster and the connections to it that are free.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::BodyExt;
use http_body_util::Full;
use http_body_util::LengthLimitError;
use http_body_util::Limited;
use hyper::Method;
use hyper::Request;
use hyper::Response;
use hyper::body::Incoming;
use hyper::header::AUTHORIZATION;
use hyper::header::CONTENT_TYPE;
use hyper::header::HOST;
use hyper::header::HeaderValue;
use tokio::time::timeout;

use super::connect::Address;
use super::connect::Sender;
use super::options::EtcdTimeouts;
use super::rejection::Failure;
use super::rejection::Rejection;

/// The longest answer; a page of a listing that is longer is asked for in smaller pages.
const MAX_ANSWER: usize = 16 << 20;
/// Connections that are kept.
const MAX_FREE: usize = 64;

#[derive(Debug)]
pub(super) struct Endpoint {
    address: Address,
    free: Mutex<Vec<Sender>>,
    timeouts: EtcdTimeouts,
}

/// What is posted.
#[derive(Clone, Debug)]
pub(super) struct Call<'a> {
    /// Behind `/v3/`.
    pub(super) path: &'a str,
    pub(super) body: Bytes,
    pub(super) token: Option<HeaderValue>,
}

impl Endpoint {
    pub(super) fn new(address: Address, timeouts: EtcdTimeouts) -> Self {
        Self {
            address,
            free: Mutex::default(),
            timeouts,
        }
    }

    pub(super) fn place(&self) -> &str {
        &self.address.authority
    }

    /// Posts and reads the whole answer.
    pub(super) async fn call(&self, call: &Call<'_>) -> Result<Bytes, Failure> {
        let connection = self.connection().await?;
        within(self.timeouts.answer, self.exchange(call, connection)).await
    }

    /// Posts and leaves the answer to be read as it comes.
    pub(super) async fn stream(&self, call: &Call<'_>) -> Result<(Incoming, Sender), Failure> {
        let connection = self.connection().await?;
        within(self.timeouts.answer, async {
            let (response, sender) = self.post(call, connection).await?;
            if response.status().is_success() {
                return Ok((response.into_body(), sender));
            }
            Err(Failure::Rejected(rejection(response).await?))
        })
        .await
    }

    async fn exchange(&self, call: &Call<'_>, connection: Sender) -> Result<Bytes, Failure> {
        let (response, sender) = self.post(call, connection).await?;
        if !response.status().is_success() {
            return Err(Failure::Rejected(rejection(response).await?));
        }
        let body = whole(response).await?;
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        if free.len() < MAX_FREE {
            free.push(sender);
        }
        Ok(body)
    }

    async fn post(
        &self,
        call: &Call<'_>,
        mut sender: Sender,
    ) -> Result<(Response<Incoming>, Sender), Failure> {
        let mut request = self.request(call).map_err(Failure::Unsent)?;
        loop {
            match sender.try_send_request(request).await {
                Ok(response) => return Ok((response, sender)),
                // A connection that was kept too long: nothing was sent.
                Err(mut error) => match error.take_message() {
                    Some(back) => request = back,
                    None => return Err(Failure::Unanswered(self.said(error.into_error()))),
                },
            }
            sender = self.connection().await?;
        }
    }

    fn request(&self, call: &Call<'_>) -> Result<Request<Full<Bytes>>, String> {
        let builder = Request::builder()
            .method(Method::POST)
            .uri(format!("/v3/{}", call.path))
            .header(HOST, &self.address.authority)
            .header(CONTENT_TYPE, "application/json");
        let builder = match &call.token {
            Some(token) => builder.header(AUTHORIZATION, token),
            None => builder,
        };
        builder
            .body(Full::new(call.body.clone()))
            .map_err(|error| self.said(error))
    }

    /// A free connection, or a new one.
    async fn connection(&self) -> Result<Sender, Failure> {
        while let Some(sender) = self.pop() {
            if sender.is_ready() {
                return Ok(sender);
            }
        }
        match timeout(self.timeouts.connect, self.address.connect()).await {
            Ok(connected) => connected.map_err(|error| Failure::Unsent(self.said(error))),
            Err(_) => Err(Failure::Unsent(
                self.said(format!("no connection within {:?}", self.timeouts.connect)),
            )),
        }
    }

    fn pop(&self) -> Option<Sender> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    fn said(&self, what: impl std::fmt::Display) -> String {
        format!("{}: {what}", self.address.authority)
    }
}

async fn within<T>(time: Duration, work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    timeout(time, work)
        .await
        .unwrap_or_else(|_| Err(Failure::Unanswered(format!("no answer within {time:?}"))))
}

async fn rejection(response: Response<Incoming>) -> Result<Rejection, Failure> {
    let status = response.status().as_u16();
    Ok(Rejection::new(status, &whole(response).await?))
}

async fn whole(response: Response<Incoming>) -> Result<Bytes, Failure> {
    match Limited::new(response.into_body(), MAX_ANSWER).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(Failure::Rejected(Rejection::too_long())),
        Err(error) => Err(Failure::Unanswered(error.to_string())),
    }
}
