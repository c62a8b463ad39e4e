//! One rule.

use std::fmt;

use super::Act;
use super::Condition;
use super::Facts;
use super::Field;
use super::Template;
use super::act::Draft;
use super::act::set_label;
use crate::workload::Label;

/// No rule has more patterns.
const MOST_CONDITIONS: usize = 16;

/// If all conditions hold, do this.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    conditions: Vec<Condition>,
    act: Act,
    labels: Vec<(Label, Template)>,
    continues: bool,
}

/// What the patterns of a rule found: the groups of each, by number.
#[derive(Debug)]
pub(super) struct Found(Vec<Vec<String>>);

impl Rule {
    /// A rule that makes sense; otherwise says which key does not.
    pub fn new(
        conditions: Vec<Condition>,
        act: Act,
        labels: Vec<(Label, Template)>,
        continues: bool,
    ) -> Result<Self, String> {
        let rule = Self {
            conditions,
            act,
            labels,
            continues,
        };
        rule.check().map(|()| rule)
    }

    fn check(&self) -> Result<(), String> {
        match self.conditions.len() {
            0 => return Err("match: nothing to match; to mean every workload, say cgroup: .*".to_owned()),
            1..=MOST_CONDITIONS => {}
            count => return Err(format!("match: {count} patterns; there may be {MOST_CONDITIONS}")),
        }
        if self.act == Act::Keep && self.labels.is_empty() {
            return Err("nothing to do: one of name, group, drop or labels is missing".to_owned());
        }
        if self.act == Act::Drop && (self.continues || !self.labels.is_empty()) {
            return Err("drop: what is dropped has no labels, and no rule after it".to_owned());
        }
        if self.act.template().is_some_and(Template::is_empty) {
            return Err("an empty name".to_owned());
        }
        self.check_groups()
    }

    fn check_groups(&self) -> Result<(), String> {
        let mut names: Vec<_> = self
            .conditions
            .iter()
            .flat_map(|condition| condition.pattern.group_names())
            .collect();
        names.sort_unstable();
        if let Some(twice) = names.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(format!("match: two patterns have a group named {}", twice[0]));
        }
        let templates = self.labels.iter().map(|(_, template)| template);
        for template in templates.chain(self.act.template()) {
            for name in template.references() {
                self.group(name)
                    .map_err(|problem| format!("{template}: {problem}"))?;
            }
        }
        Ok(())
    }

    /// The group that a template means: which pattern's, and its number there.
    fn group(&self, name: &str) -> Result<(usize, usize), String> {
        let missing = || format!("no pattern of the rule has a group {name}");
        let patterns = self
            .conditions
            .iter()
            .map(|condition| &condition.pattern)
            .enumerate();
        let Ok(number) = name.parse::<usize>() else {
            let mut named = patterns.filter_map(|(at, pattern)| Some((at, pattern.group_named(name)?)));
            return named.next().ok_or_else(missing);
        };
        let with_groups: Vec<_> = patterns.filter(|(_, pattern)| pattern.groups() > 0).collect();
        match with_groups.as_slice() {
            [(at, pattern)] if (1..=pattern.groups()).contains(&number) => Ok((*at, number)),
            [] | [_] => Err(missing()),
            _ => Err("several patterns have groups; name them, as in (?P<id>[0-9]+) and ${id}".to_owned()),
        }
    }

    pub(super) fn wants_process(&self) -> bool {
        let of_process = |condition: &Condition| matches!(condition.field, Field::Executable | Field::User);
        self.conditions.iter().any(of_process)
    }

    pub(super) fn continues(&self) -> bool {
        self.continues
    }

    pub(super) fn matches(&self, facts: &Facts<'_>) -> Option<Found> {
        let groups = self.conditions.iter().map(|condition| condition.groups(facts));
        groups.collect::<Option<_>>().map(Found)
    }

    pub(super) fn act(&self, draft: &mut Draft<'_>, found: &Found) {
        let expand = |template: &Template| template.expand(|name| self.value(name, found));
        self.act.perform(draft, expand);
        for (label, template) in &self.labels {
            let value = expand(template);
            set_label(draft.change(), *label, &value);
        }
    }

    /// A group that had no part in the match is empty.
    fn value<'f>(&self, name: &str, found: &'f Found) -> &'f str {
        let group = self.group(name).ok();
        group
            .and_then(|(at, number)| found.0.get(at)?.get(number))
            .map_or("", String::as_str)
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, condition) in self.conditions.iter().enumerate() {
            write!(
                formatter,
                "{} {condition}",
                if index == 0 { "where" } else { " and" }
            )?;
        }
        self.act.fmt(formatter)?;
        for (label, template) in &self.labels {
            if template.is_empty() {
                write!(formatter, ", take away label {}", label.as_str())?;
            } else {
                write!(formatter, ", set label {} to {template}", label.as_str())?;
            }
        }
        formatter.write_str(if self.continues {
            "; ask the rules below too"
        } else {
            ""
        })
    }
}
