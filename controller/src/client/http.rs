//! One connection to a controller.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use anyhow::anyhow;
use bytes::Bytes;
use clap::ArgMatches;
use http_body_util::BodyExt;
use http_body_util::Full;
use http_body_util::Limited;
use hyper::Request;
use hyper::header;
use hyper::header::HeaderValue;
use hyper::http::request;
use serde_json::Value;
use tokio::time::timeout;

use super::failure::Failure;
use super::show;
use super::stream::Stream;
use crate::config;
use crate::store::Address;
use crate::store::EtcdTls;
use crate::store::Sender;
use crate::store::client_config;

const DEFAULT: &str = "http://127.0.0.1:8778";
/// For one answer.
const PATIENCE: Duration = Duration::from_secs(60);
/// The longest answer that is read.
const LONGEST: usize = 256 << 20;

/// One connection to a controller.
pub(super) struct Http {
    address: Address,
    sender: Sender,
    authorization: Option<HeaderValue>,
    url: String,
}

impl Http {
    /// Connects as the flags and the environment say.
    pub(super) async fn connect(matches: &ArgMatches) -> anyhow::Result<Self> {
        let path = |name| matches.get_one::<PathBuf>(name).cloned();
        let url = matches.get_one::<String>("url").cloned();
        let url = url
            .or_else(|| std::env::var("WATTLE_CONTROLLER").ok())
            .unwrap_or_else(|| DEFAULT.to_owned());
        let url = url.trim_end_matches('/').to_owned();
        let token = match path("token-file") {
            Some(file) => Some(config::text_of(&file)?),
            None => std::env::var("WATTLE_TOKEN").ok(),
        };
        let authorization = token.map(|token| {
            let mut value = HeaderValue::try_from(format!("Bearer {}", token.trim()))
                .context("the token has characters that cannot be sent")?;
            value.set_sensitive(true);
            anyhow::Ok(value)
        });
        let files = path("ca-file").map(|ca_file| EtcdTls {
            ca_file,
            client: path("cert-file").zip(path("key-file")),
        });
        let tls = files.as_ref().map(client_config).transpose();
        let tls = tls.map_err(|problem| anyhow!(problem))?;
        let address = Address::parse(&url, tls.as_ref()).map_err(|problem| anyhow!(problem))?;
        let sender = timeout(PATIENCE, address.connect())
            .await
            .map_err(|_| Failure::unreachable(format!("{url}: no answer in {PATIENCE:?}")))?
            .map_err(|problem| {
                Failure::unreachable(format!(
                    "{url}: {problem}; is the controller running there? See --url"
                ))
            })?;
        Ok(Self {
            address,
            sender,
            authorization: authorization.transpose()?,
            url,
        })
    }

    /// What stands there; any status but 200 is an error with the controller's own sentence.
    pub(super) async fn get(&mut self, target: &str) -> anyhow::Result<Value> {
        let (status, body) = self.ask("GET", target).await?;
        if status != 200 {
            return Err(self.refused(target, status, &body));
        }
        serde_json::from_slice(&body).with_context(|| format!("{}{target}: the answer is not JSON", self.url))
    }

    /// Everything of a list that comes page by page.
    pub(super) async fn pages(&mut self, target: &str, name: &str) -> anyhow::Result<Vec<Value>> {
        let (mut all, mut after) = (Vec::new(), String::new());
        loop {
            let joint = if target.contains('?') { '&' } else { '?' };
            let mut page = self.get(&format!("{target}{joint}limit=1000{after}")).await?;
            if let Value::Array(entries) = page[name].take() {
                all.extend(entries);
            }
            let Some(next) = page["next"].as_str() else {
                return Ok(all);
            };
            after = format!("&after={}", show::escaped(next));
        }
    }

    /// Any method, without a body.
    pub(super) async fn ask(&mut self, method: &str, target: &str) -> anyhow::Result<(u16, Bytes)> {
        let request = self.request(method, target);
        self.exchange(target, request.body(Full::default())?).await
    }

    /// Any method, with a body of JSON.
    pub(super) async fn send(
        &mut self,
        method: &str,
        target: &str,
        body: &Value,
    ) -> anyhow::Result<(u16, Bytes)> {
        let request = self
            .request(method, target)
            .header(header::CONTENT_TYPE, "application/json");
        let request = request.body(Full::new(Bytes::from(body.to_string())))?;
        self.exchange(target, request).await
    }

    fn request(&self, method: &str, target: &str) -> request::Builder {
        let request = Request::builder()
            .method(method)
            .uri(target)
            .header(header::HOST, &self.address.authority);
        match &self.authorization {
            Some(value) => request.header(header::AUTHORIZATION, value),
            None => request,
        }
    }

    async fn exchange(
        &mut self,
        target: &str,
        request: Request<Full<Bytes>>,
    ) -> anyhow::Result<(u16, Bytes)> {
        let exchange = async {
            self.sender.ready().await?;
            let response = self.sender.send_request(request).await?;
            let status = response.status().as_u16();
            let body = Limited::new(response.into_body(), LONGEST).collect().await;
            let body = body.map_err(|error| anyhow!(error))?;
            anyhow::Ok((status, body.to_bytes()))
        };
        let lost = |problem: String| Failure::unreachable(format!("{}{target}: {problem}", self.url));
        match timeout(PATIENCE, exchange).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => Err(lost(format!("{error:#}")).into()),
            Err(_) => Err(lost(format!("no answer in {PATIENCE:?}")).into()),
        }
    }

    /// A stream of events, from what came after the one named.
    pub(super) async fn listen(&mut self, target: &str, since: Option<&str>) -> anyhow::Result<Stream> {
        let mut request = self.request("GET", target);
        if let Some(since) = since {
            request = request.header("last-event-id", since);
        }
        self.sender.ready().await?;
        let response = self.sender.send_request(request.body(Full::default())?).await?;
        let status = response.status().as_u16();
        if status != 200 {
            let body = Limited::new(response.into_body(), LONGEST).collect().await;
            let body = body.map_err(|error| anyhow!(error))?.to_bytes();
            return Err(self.refused(target, status, &body));
        }
        Ok(Stream::of(response.into_body()))
    }

    /// What the controller says against it.
    pub(super) fn refused(&self, target: &str, status: u16, body: &[u8]) -> anyhow::Error {
        let json: Value = serde_json::from_slice(body).unwrap_or_default();
        let said = json["errors"][0]["detail"].as_str().map(str::to_owned);
        let said = said.unwrap_or_else(|| String::from_utf8_lossy(body).trim().chars().take(200).collect());
        Failure::answered(status, format!("{}{target}: {status}: {said}", self.url)).into()
    }
}
