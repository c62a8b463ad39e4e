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
use serde_json::Value;
use tokio::time::timeout;

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
/// The newest version of Placement's API that is spoken here.
const VERSION: &str = "placement 1.39";

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
            .with_context(|| format!("{url}: no answer"))?
            .map_err(|problem| anyhow!("{url}: {problem}; is the controller running there? See --url"))?;
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

    /// Any method, without a body.
    pub(super) async fn ask(&mut self, method: &str, target: &str) -> anyhow::Result<(u16, Bytes)> {
        let mut request = Request::builder()
            .method(method)
            .uri(target)
            .header(header::HOST, &self.address.authority)
            .header("openstack-api-version", VERSION);
        if let Some(value) = &self.authorization {
            request = request.header(header::AUTHORIZATION, value);
        }
        let request = request.body(Full::<Bytes>::default())?;
        let exchange = async {
            self.sender.ready().await?;
            let response = self.sender.send_request(request).await?;
            let status = response.status().as_u16();
            let body = Limited::new(response.into_body(), LONGEST).collect().await;
            let body = body.map_err(|error| anyhow!(error))?;
            anyhow::Ok((status, body.to_bytes()))
        };
        timeout(PATIENCE, exchange)
            .await
            .with_context(|| format!("{}{target}: no answer in {PATIENCE:?}", self.url))?
            .with_context(|| format!("{}{target}", self.url))
    }

    /// What the controller says against it.
    pub(super) fn refused(&self, target: &str, status: u16, body: &[u8]) -> anyhow::Error {
        let json: Value = serde_json::from_slice(body).unwrap_or_default();
        let said = json["errors"][0]["detail"].as_str().map(str::to_owned);
        let said = said.unwrap_or_else(|| String::from_utf8_lossy(body).trim().chars().take(200).collect());
        anyhow!("{}{target}: {status}: {said}", self.url)
    }
}
