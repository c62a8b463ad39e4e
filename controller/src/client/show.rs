//! Parts of answers as text.

use serde_json::Value;

/// The entries of a list; none if it is none.
pub(super) fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// A string without its quotes, `-` for nothing.
pub(super) fn text(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// A number with so many digits behind the point; `-` if it is not known.
pub(super) fn figure(value: &Value, digits: usize) -> String {
    let number = value.as_f64();
    number.map_or_else(|| "-".to_owned(), |number| format!("{number:.digits$}"))
}

/// A number with about four significant digits.
pub(super) fn significant(value: &Value) -> String {
    let Some(number) = value.as_f64() else {
        return "-".to_owned();
    };
    match number.abs() {
        size if size == 0.0 || size >= 1000.0 => format!("{number:.0}"),
        size if size >= 1.0 => format!("{number:.2}"),
        _ => format!("{number:.4}"),
    }
}

/// `DISK_GB:1,VCPU:2`
pub(super) fn resources(value: &Value) -> String {
    let all = value.as_object().into_iter().flatten();
    let parts: Vec<_> = all.map(|(class, amount)| format!("{class}:{amount}")).collect();
    parts.join(",")
}

/// A name as it stands in a path or a query: all but RFC 3986's unreserved characters percent-encoded.
pub(super) fn escaped(name: &str) -> String {
    crate::inventory::escaped(name)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_are_as_long_as_they_tell_something() {
        for (value, expected) in [
            (json!(0), "0"),
            (json!(0.000_25), "0.0003"),
            (json!(0.5), "0.5000"),
            (json!(12.345), "12.35"),
            (json!(-3), "-3.00"),
            (json!(123_456.7), "123457"),
            (json!(null), "-"),
        ] {
            assert_eq!(significant(&value), expected);
        }
        assert_eq!(figure(&json!(1.25), 1), "1.2");
        assert_eq!(resources(&json!({"VCPU": 2, "DISK_GB": 1})), "DISK_GB:1,VCPU:2");
        assert_eq!(text(&json!("a")), "a");
    }
}
