//! Calls by XML-RPC as OpenNebula answers them: whether it worked, then the result or the reason.

use bytes::Bytes;
use roxmltree::Document;
use roxmltree::Node;

use super::OpenNebulaError;
use crate::fetch::Client;
use crate::fetch::Request;
use crate::fetch::Url;

/// An argument.
#[derive(Clone, Copy, Debug)]
pub(super) enum Value<'a> {
    Int(i32),
    Text(&'a str),
}

/// Calls a method; returns the text of its result.
pub(super) async fn call(
    client: &Client,
    endpoint: &Url,
    method: &'static str,
    values: &[Value<'_>],
) -> Result<String, OpenNebulaError> {
    let request = Request {
        headers: vec![("content-type", "text/xml".to_owned())],
        body: Some(Bytes::from(written(method, values))),
        // The first argument is user and password.
        confidential: true,
        ..Request::get(endpoint.clone())
    };
    let strange = |text: String| OpenNebulaError::Strange { method, text };
    let reply = client.fetch(request).await?;
    if reply.status != 200 {
        return Err(strange(format!("status {}", reply.status)));
    }
    let text = std::str::from_utf8(&reply.body).map_err(|error| strange(error.to_string()))?;
    match read(text).map_err(strange)? {
        Ok(result) => Ok(result),
        Err(reason) => Err(OpenNebulaError::Refused { method, text: reason }),
    }
}

fn written(method: &str, values: &[Value<'_>]) -> String {
    let mut text = format!("<?xml version=\"1.0\"?><methodCall><methodName>{method}</methodName><params>");
    for value in values {
        let value = match value {
            Value::Int(number) => format!("<i4>{number}</i4>"),
            Value::Text(text) => format!("<string>{}</string>", escaped(text)),
        };
        text.extend(["<param><value>", &value, "</value></param>"]);
    }
    text + "</params></methodCall>"
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// The outer result is about the form, the inner one is OpenNebula's.
fn read(text: &str) -> Result<Result<String, String>, String> {
    let document = Document::parse(text).map_err(|error| error.to_string())?;
    let root = document.root_element();
    if root.children().any(|child| child.has_tag_name("fault")) {
        return Ok(Err(words(root)));
    }
    let mut data = root.descendants().filter(|node| node.has_tag_name("data"));
    let data = data.next().ok_or("no list of values")?;
    let mut values = data.children().filter(|node| node.has_tag_name("value"));
    let worked = values.next().map(words).ok_or("an empty list of values")?;
    let result = values.next().map(words).unwrap_or_default();
    match worked.trim() {
        "1" => Ok(Ok(result)),
        "0" => Ok(Err(result)),
        other => Err(format!("{other:?} is neither yes nor no")),
    }
}

fn words(node: Node<'_, '_>) -> String {
    node.descendants()
        .filter_map(|node| node.text().filter(|_| node.is_text()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read_and_others_are_not_understood() {
        let list = |values: &str| {
            format!(
                "<?xml version=\"1.0\"?><methodResponse><params><param><value><array><data>{values}</data></array></value></param></params></methodResponse>"
            )
        };
        for (text, wanted) in [
            (
                list(
                    "<value><boolean>1</boolean></value><value><string>&lt;HOST/&gt;</string></value><value><i4>0</i4></value>",
                ),
                Ok(Ok("<HOST/>".to_owned())),
            ),
            (
                list("<value><boolean>0</boolean></value><value>no</value><value><i4>256</i4></value>"),
                Ok(Err("no".to_owned())),
            ),
            (
                list("<value><boolean>1</boolean></value><value><i4>7</i4></value>"),
                Ok(Ok("7".to_owned())),
            ),
        ] {
            assert_eq!(read(&text), wanted, "{text}");
        }
        assert!(matches!(
            read("<methodResponse><fault><value><string>bad</string></value></fault></methodResponse>"),
            Ok(Err(_))
        ));
        for text in [
            "",
            "<html>",
            "<a/>",
            &list(""),
            &list("<value>2</value>"),
            "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_means_something_in_xml_is_escaped() {
        let text = written("one.x", &[Value::Text("a<b>&c"), Value::Int(-1)]);
        assert!(
            text.contains("<string>a&lt;b&gt;&amp;c</string>") && text.contains("<i4>-1</i4>"),
            "{text}"
        );
    }
}
