//! The section `workloads`: the operator's rules, as they stand in YAML.
//!
//! They are no single values, so they are no flags. Each part is checked where it is read: then the parser knows its line.

use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::Deserializer;
use serde::de::Error;
use serde::de::MapAccess;
use serde::de::SeqAccess;
use serde::de::Visitor;
use serde::de::value::MapAccessDeserializer;

use crate::workload::Kind;
use crate::workload::Label;
use crate::workload::rules::Act;
use crate::workload::rules::Condition;
use crate::workload::rules::Field;
use crate::workload::rules::Pattern;
use crate::workload::rules::Rule;
use crate::workload::rules::Rules;
use crate::workload::rules::Template;

/// What the section is for, as the generated file explains it.
pub(super) const HELP: &str = "Rules that name, group, label or drop workloads, in this file only. The first whose patterns all match decides; with `continue: true` those below it are asked too. \
    Patterns are regular expressions that must match the whole text. Under `match`: cgroup (path), unit, executable and user (of its process; also of those outside of any workload), \
    label (any of wattle_workload_info, and kind, name, id; one that is missing is empty). Then one of name, group (all of one name are summed; with `kind` of that kind), `drop: true` \
    (summed into kind other), and labels to set ('' takes one away). $1 and ${name} stand for groups of the patterns. More, with examples: docs/workloads.md. A reload (SIGHUP) takes new rules.";

/// An example, to be commented out.
pub(super) const EXAMPLE: &str = "\
workloads:
  - match: {label: {platform: opennebula, user: '(.+)'}}
    labels: {tenant: $1}
    continue: true
  - match: {unit: 'slurmd\\.service|munge\\.service'}
    group: slurm daemons
  - match: {executable: '.*/(prometheus|node_exporter)'}
    group: monitoring
  - match: {label: {kind: service}, cgroup: '/system\\.slice/systemd-.*'}
    drop: true
";

impl<'de> Deserialize<'de> for Rules {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RulesVisitor)
    }
}

struct RulesVisitor;

impl<'de> Visitor<'de> for RulesVisitor {
    type Value = Rules;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(
            "a list of rules; what else there is to decide of workloads stands below `workload` and `limits`",
        )
    }

    fn visit_unit<E>(self) -> Result<Rules, E> {
        Ok(Rules::default())
    }

    fn visit_none<E>(self) -> Result<Rules, E> {
        Ok(Rules::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Rules, A::Error> {
        let mut rules = Vec::new();
        while let Some(Checked(rule)) = list.next_element()? {
            rules.push(rule);
        }
        Rules::new(rules).map_err(A::Error::custom)
    }
}

/// A rule whose parts go together.
struct Checked(Rule);

impl<'de> Deserialize<'de> for Checked {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(CheckedVisitor)
    }
}

struct CheckedVisitor;

impl<'de> Visitor<'de> for CheckedVisitor {
    type Value = Checked;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a rule: `match` and what to do")
    }

    /// Checked within the map, so that an error has the map's line.
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Checked, A::Error> {
        let written = Written::deserialize(MapAccessDeserializer::new(map))?;
        written.rule().map(Checked).map_err(A::Error::custom)
    }
}

/// A rule as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Written {
    #[serde(rename = "match")]
    conditions: Match,
    name: Option<Template>,
    group: Option<Template>,
    kind: Option<GroupKind>,
    #[serde(default)]
    drop: bool,
    #[serde(default)]
    labels: Labels,
    #[serde(default, rename = "continue")]
    continues: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Match {
    cgroup: Option<Pattern>,
    unit: Option<Pattern>,
    executable: Option<Pattern>,
    user: Option<Pattern>,
    #[serde(default)]
    label: LabelPatterns,
}

/// The kinds that a group can have.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum GroupKind {
    Vm,
    Container,
    Service,
}

impl Written {
    fn rule(self) -> Result<Rule, String> {
        let kind = self.kind.map(|kind| match kind {
            GroupKind::Vm => Kind::Vm,
            GroupKind::Container => Kind::Container,
            GroupKind::Service => Kind::Service,
        });
        if kind.is_some() && self.group.is_none() {
            return Err("kind: only a group has a kind of its own".to_owned());
        }
        let act = match (self.name, self.group, self.drop) {
            (None, None, false) => Act::Keep,
            (Some(name), None, false) => Act::Name(name),
            (None, Some(name), false) => Act::Group { name, kind },
            (None, None, true) => Act::Drop,
            _ => return Err("only one of name, group and drop can be meant".to_owned()),
        };
        Rule::new(self.conditions.list(), act, self.labels.0, self.continues)
    }
}

impl Match {
    fn list(self) -> Vec<Condition> {
        let named = [
            (Field::Cgroup, self.cgroup),
            (Field::Unit, self.unit),
            (Field::Executable, self.executable),
            (Field::User, self.user),
        ];
        let named = named.into_iter().filter_map(|(field, pattern)| {
            Some(Condition {
                field,
                pattern: pattern?,
            })
        });
        named.chain(self.label.0).collect()
    }
}

impl<'de> Deserialize<'de> for Pattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Checking(Self::new))
    }
}

impl<'de> Deserialize<'de> for Template {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Checking(Self::new))
    }
}

/// A text that is checked where it is read, so that an error has its line. Numbers are texts too.
struct Checking<T>(fn(&str) -> Result<T, String>);

impl<T> Visitor<'_> for Checking<T> {
    type Value = T;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a text")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        (self.0)(text).map_err(E::custom)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<T, E> {
        self.visit_str(&number.to_string())
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<T, E> {
        self.visit_str(&number.to_string())
    }
}

/// Patterns by the labels that they are held against.
#[derive(Default)]
struct LabelPatterns(Vec<Condition>);

impl<'de> Deserialize<'de> for LabelPatterns {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let pairs = deserializer.deserialize_map(Pairs::<_, Pattern>::new(Field::label))?;
        let conditions = pairs
            .into_iter()
            .map(|(field, pattern)| Condition { field, pattern });
        Ok(Self(conditions.collect()))
    }
}

/// Values by the labels that get them.
#[derive(Default)]
struct Labels(Vec<(Label, Template)>);

impl<'de> Deserialize<'de> for Labels {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Pairs::new(settable)).map(Self)
    }
}

/// A map whose keys are checked, each where it stands.
struct Pairs<K, V>(fn(&str) -> Result<K, String>, PhantomData<V>);

impl<K, V> Pairs<K, V> {
    fn new(key: fn(&str) -> Result<K, String>) -> Self {
        Self(key, PhantomData)
    }
}

impl<'de, K: PartialEq, V: Deserialize<'de>> Visitor<'de> for Pairs<K, V> {
    type Value = Vec<(K, V)>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("labels with their values")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut pairs = Vec::new();
        while let Some(name) = map.next_key::<String>()? {
            let key = (self.0)(&name).map_err(A::Error::custom)?;
            if pairs.iter().any(|(known, _)| *known == key) {
                return Err(A::Error::custom(format!("label `{name}` stands here twice")));
            }
            pairs.push((key, map.next_value()?));
        }
        Ok(pairs)
    }
}

fn settable(name: &str) -> Result<Label, String> {
    Label::named(name).ok_or_else(|| {
        let all = Label::ALL.map(Label::as_str).join(", ");
        format!("no label `{name}` that can be set; there are {all}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(text: &str) -> Result<Rules, String> {
        serde_yaml::from_str(text).map_err(|error| error.to_string())
    }

    #[test]
    fn rules_say_what_they_mean() {
        let text = "\
- match: {cgroup: /a/.*, label: {kind: vm, tenant: '', vm_id: 7}}
  name: x
- match: {unit: '(a|b)\\.service'}
  group: $1
  kind: service
  labels: {tenant: acme, image: ''}
  continue: true
- match: {user: 1000}
  drop: true
- match: {executable: .*}
  labels: {project: ops}
";
        assert_eq!(
            rules(text).unwrap().to_string(),
            r#"workloads[0]: where cgroup matches /\/a\/.*/ and label kind matches /vm/ and label tenant matches // and label vm_id matches /7/, call it "x"
workloads[1]: where unit matches /(a|b)\.service/, sum it into "$1" of kind service, set label tenant to "acme", take away label image; ask the rules below too
workloads[2]: where user matches /1000/, sum it into other
workloads[3]: where executable matches /.*/, set label project to "ops"
"#.replace(r"\/", "/")
        );
    }

    #[test]
    fn the_example_is_right() {
        #[derive(Deserialize)]
        struct Section {
            workloads: Rules,
        }
        let section: Section = serde_yaml::from_str(EXAMPLE).unwrap();
        assert_eq!(section.workloads.iter().len(), 4);
        assert_eq!(rules("").unwrap(), Rules::default());
        assert_eq!(rules("[]").unwrap(), Rules::default());
    }

    #[test]
    fn there_may_be_only_so_many_rules() {
        let rule = "- {match: {unit: a}, drop: true}\n";
        assert_eq!(rules(&rule.repeat(200)).unwrap().iter().len(), 200);
        let problem = rules(&rule.repeat(201)).unwrap_err();
        assert!(problem.contains("201 rules; there may be 200"), "{problem}");
    }
}
