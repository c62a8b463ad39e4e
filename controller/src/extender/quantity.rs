//! Quantities of Kubernetes: <https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/>

use serde_json::Value;

const SUFFIXES: [(&str, f64); 15] = [
    ("Ki", 1024.0),
    ("Mi", 1_048_576.0),
    ("Gi", 1_073_741_824.0),
    ("Ti", 1_099_511_627_776.0),
    ("Pi", 1_125_899_906_842_624.0),
    ("Ei", 1_152_921_504_606_846_976.0),
    ("n", 1e-9),
    ("u", 1e-6),
    ("m", 1e-3),
    ("k", 1e3),
    ("M", 1e6),
    ("G", 1e9),
    ("T", 1e12),
    ("P", 1e15),
    ("E", 1e18),
];

/// Reads a quantity, which is a string or, where it has no suffix, a number.
pub(super) fn read(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64().filter(|number| *number >= 0.0),
        Value::String(text) => parse(text),
        _ => None,
    }
}

fn parse(text: &str) -> Option<f64> {
    let with = |(suffix, factor): &(&str, f64)| Some((text.strip_suffix(suffix)?, *factor));
    let (number, factor) = SUFFIXES.iter().find_map(with).unwrap_or((text, 1.0));
    let plain = |byte: u8| byte.is_ascii_digit() || b".+-eE".contains(&byte);
    let number: f64 = number.bytes().all(plain).then(|| number.parse().ok())??;
    let quantity = number * factor;
    (quantity.is_finite() && quantity >= 0.0).then_some(quantity)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::read;

    #[test]
    fn quantities_are_read_as_kubernetes_writes_them() {
        for (value, expected) in [
            (json!("500m"), Some(0.5)),
            (json!("2"), Some(2.0)),
            (json!(2), Some(2.0)),
            (json!("1.5"), Some(1.5)),
            (json!("128Mi"), Some(134_217_728.0)),
            (json!("1e3"), Some(1000.0)),
            (json!("1E3"), Some(1000.0)),
            (json!("1E"), Some(1e18)),
            (json!("100n"), Some(1e-7)),
            (json!(""), None),
            (json!("m"), None),
            (json!("inf"), None),
            (json!("-1"), None),
            (json!("1 Gi"), None),
            (json!(null), None),
        ] {
            let read = read(&value);
            let close = |(one, other): (f64, f64)| (one - other).abs() <= other * 1e-12;
            assert!(
                read.zip(expected).map_or(read == expected, close),
                "{value}: {read:?}"
            );
        }
    }
}
