//! The configuration file that says what every key does.

use std::fmt::Write;

use super::KEYS;
use super::Settings;
use super::rules;

/// Comments are wrapped at this width.
const WIDTH: usize = 100;

/// A YAML file with every key, its meaning above it and its default behind it.
pub fn commented() -> String {
    let defaults = Settings::default();
    let mut text = String::from(
        "# Configuration of wattle-agent. Every key but the list of rules at the end can be given as a flag too (--log.level debug);\n\
         # a flag wins.\n\
         # Check a file with: wattle-agent check-config FILE\n",
    );
    let mut open: Vec<&str> = Vec::new();
    for key in KEYS {
        let levels: Vec<&str> = key.name.split('.').collect();
        let (leaf, groups) = (levels[levels.len() - 1], &levels[..levels.len() - 1]);
        let common = open
            .iter()
            .zip(groups)
            .take_while(|(one, two)| one == two)
            .count();
        text.push('\n');
        for (depth, group) in groups.iter().enumerate().skip(common) {
            let _ = writeln!(text, "{}{group}:", indent(depth));
        }
        open = groups.to_vec();
        comment(&mut text, key.help, groups.len());
        if key.reloads {
            comment(&mut text, "A reload (SIGHUP) takes a new value.", groups.len());
        }
        let value = (key.show)(&defaults);
        let off = if value.is_none() { "# " } else { "" };
        let _ = writeln!(
            text,
            "{}{off}{leaf}: {}",
            indent(groups.len()),
            value.unwrap_or(key.value.to_owned())
        );
    }
    text.push('\n');
    comment(&mut text, rules::HELP, 0);
    for line in rules::EXAMPLE.lines() {
        let _ = writeln!(text, "# {line}");
    }
    text.push_str("workloads: []\n");
    text
}

fn indent(depth: usize) -> String {
    "  ".repeat(depth)
}

fn comment(text: &mut String, help: &str, depth: usize) {
    let start = format!("{}#", indent(depth));
    let mut line = start.clone();
    for word in help.split_whitespace() {
        if line.len() + word.len() >= WIDTH {
            let _ = writeln!(text, "{line}");
            line.clone_from(&start);
        }
        line.push(' ');
        line.push_str(word);
    }
    let _ = writeln!(text, "{line}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_generated_file_is_the_default_configuration() {
        let settings: Settings = serde_yaml::from_str(&commented()).unwrap();
        assert_eq!(settings, Settings::default());
    }

    #[test]
    fn every_key_is_in_the_generated_file_and_can_be_set_by_what_it_shows() {
        for key in KEYS {
            let leaf = key.name.rsplit('.').next().unwrap();
            assert!(commented().contains(&format!("{leaf}: ")), "{}", key.name);
            if let Some(shown) = (key.show)(&Settings::default()) {
                let mut settings = Settings::default();
                (key.set)(&mut settings, &shown).unwrap();
                assert_eq!(settings, Settings::default(), "{}", key.name);
            }
        }
    }
}
