//! The page that a person can use: one document, without anything from elsewhere.
//!
//! `page.html`, `page.css` and the parts of `script` are put together at the first question. The page asks `/api/v1/report` and its
//! neighbours like any other client, once a tick while somebody sees it.

use std::sync::LazyLock;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use ring::digest;
use wattle_door::Answer;
use wattle_door::header;
use wattle_door::header::HeaderValue;

use crate::exposition::Encoding;
use crate::exposition::pack;

const DOCUMENT: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");
/// Each part uses those before it; the last one begins.
const SCRIPT: &str = concat!(
    include_str!("script/figures.js"),
    include_str!("script/elements.js"),
    include_str!("script/asking.js"),
    include_str!("script/power.js"),
    include_str!("script/table.js"),
    include_str!("script/others.js"),
    include_str!("script/plot.js"),
    include_str!("script/turn.js"),
);

static PAGE: LazyLock<Page> = LazyLock::new(Page::assembled);

/// The document, and what a browser may do with it.
struct Page {
    plain: Bytes,
    /// Nothing where it cannot be packed.
    packed: Option<Bytes>,
    policy: HeaderValue,
    tag: String,
}

/// The page, packed as the client likes it.
pub fn answer(encoding: Encoding) -> Answer {
    let page = &*PAGE;
    let (encoding, body) = match (encoding, &page.packed) {
        (Encoding::Gzip, Some(packed)) => (Encoding::Gzip, packed),
        _ => (Encoding::Identity, &page.plain),
    };
    let answer = Answer::ok("text/html; charset=utf-8", body.clone()).varying("Accept-Encoding");
    [
        (header::CONTENT_SECURITY_POLICY, page.policy.clone()),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        // It may be kept, and is asked for each time whether it is still the same.
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
    ]
    .into_iter()
    .fold(encoding.mark(answer), |answer, (name, value)| {
        answer.with(name, value)
    })
    .tagged(&page.tag)
}

impl Page {
    fn assembled() -> Self {
        let text = DOCUMENT
            .replace("<style></style>", &format!("<style>{STYLE}</style>"))
            .replace("<script></script>", &format!("<script>{SCRIPT}</script>"));
        let policy = policy();
        Self {
            packed: pack(text.as_bytes()).ok().map(Bytes::from),
            tag: hash(&text).replace(['+', '/', '='], ""),
            // Without a policy nothing of it would run, which is better than too much.
            policy: HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("default-src 'none'")),
            plain: text.into(),
        }
    }
}

/// Only this very style and script, only questions to the agent itself, and no text ever becomes markup (Trusted Types).
fn policy() -> String {
    let [style, script] = [STYLE, SCRIPT].map(hash);
    format!(
        "default-src 'none'; style-src 'sha256-{style}'; script-src 'sha256-{script}'; connect-src 'self'; img-src data:; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    )
}

fn hash(text: &str) -> String {
    BASE64_STANDARD.encode(digest::digest(&digest::SHA256, text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOST: usize = 60_000;

    #[test]
    fn everything_together_is_small() {
        let whole = answer(Encoding::Identity).body.len();
        assert!(whole < MOST, "{whole} bytes");
        let packed = answer(Encoding::Gzip);
        assert_eq!(packed.content_encoding, Some("gzip"));
        assert!(packed.body.len() < whole / 2, "{} bytes", packed.body.len());
    }

    #[test]
    fn the_document_has_its_style_and_script_and_nothing_from_elsewhere() {
        let text = String::from_utf8(answer(Encoding::Identity).body.to_vec()).unwrap();
        for part in [STYLE, SCRIPT] {
            assert!(text.contains(part) && !part.contains("</s"));
        }
        for wrong in [
            "//",
            "innerHTML",
            "insertAdjacentHTML",
            " style=",
            " onclick=",
            "@import",
            "url(",
        ] {
            let found = text
                .lines()
                .find(|line| line.replace("http://www.w3.org/2000/svg", "").contains(wrong));
            assert!(found.is_none(), "{wrong}: {found:?}");
        }
    }
}
